/** PyTorch's times of the update that compute-gpu.ts measures, on this machine's GPU: see peers/torch_tqc_lstm.py. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** One way to run it: milliseconds of an update waited for, and of one in a row of many. */
export interface TorchTimes {
  readonly way: string;
  readonly idle: number;
  readonly row: number;
}

const SCRIPT = fileURLToPath(new URL('./peers/torch_tqc_lstm.py', import.meta.url));
const run = promisify(execFile);

/** Or why there are none. */
export async function torchTimes(): Promise<readonly TorchTimes[] | string> {
  try {
    await run('python3', ['-c', 'import torch; assert torch.cuda.is_available()']);
  } catch {
    return 'no PyTorch with CUDA here';
  }
  const { stdout } = await run('python3', [SCRIPT]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TorchTimes);
}
