/**
 * Brings our own onto a tfjs-webgpu backend: recorded updates and WGSL kernels, each of them checked against stock tfjs on
 * the device at hand and used where they agree.
 */
import * as tf from '@tensorflow/tfjs-core';
import { setCapture } from '../captured.ts';
import { fusedLosses, setFusedLosses, type FusedLosses } from '../fused-losses.ts';
import { setNoiseKernel } from '../counter-noise.ts';
import { setListKernels } from '../list-kernels.ts';
import { setFusedLstm } from '../lstm.ts';
import { setFusedMlp } from '../mlp.ts';
import { webgpuBackend } from './backend.ts';
import { captureOn } from './capture.ts';
import { checkClipped, checkMaskedMean, checkQuantileHuber, checkSmallest, checkSquashed } from '../loss-checks.ts';
import { checkLists, checkLstm, checkMlp, checkNoise, TOLERANCE } from './check.ts';
import { KernelRunner } from './kernel-runner.ts';
import { webgpuLists } from './list-ops.ts';
import { webgpuLosses } from './loss-ops.ts';
import { webgpuLstm } from './lstm-op.ts';
import { webgpuMlp } from './mlp-op.ts';
import { webgpuNoise } from './noise-op.ts';
import { loadKernelSources } from './sources.ts';

/**
 * What is in use, as a sentence for the device report. tfjs' current backend has to be webgpu.
 * @param tell takes a sentence for the user when updates turn out not to be recordable
 */
export async function installWebgpu(tell: (notice: string) => void): Promise<string> {
  const backend = webgpuBackend();
  // Small operations are left on the GPU: a recording needs them there, and what is not recorded is to give the same bits.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  setCapture('webgpu', captureOn(backend, tell));
  const runner = new KernelRunner(backend, await loadKernelSources());
  const inUse: string[] = [];
  const notices: string[] = [];
  for (const { name, check, use } of candidates(runner)) {
    const verdict = await tryCheck(check);
    if (verdict === undefined) {
      use();
      inUse.push(name);
    } else notices.push(`stock tfjs for ${name}: ${verdict}`);
  }
  const own = inUse.length === 0 ? [] : [`own WGSL kernels: ${inUse.join(', ')}`];
  return [...own, 'updates recorded and replayed', ...notices].join('; ');
}

interface Candidate {
  readonly name: string;
  /** Undefined where the device is too small for it. */
  readonly check: () => Promise<number> | undefined;
  readonly use: () => void;
}

function candidates(runner: KernelRunner): readonly Candidate[] {
  const lstm = webgpuLstm(runner);
  const mlp = webgpuMlp(runner);
  const lists = webgpuLists(runner);
  const noise = webgpuNoise(runner);
  const { quantileHuber, squashedSample, smallest, maskedMean, clipped } = webgpuLosses(runner);
  const useLoss = (own: Partial<FusedLosses>): void => {
    setFusedLosses('webgpu', { ...fusedLosses(), ...own });
  };
  return [
    { name: 'LSTM', check: () => lstm && checkLstm(lstm), use: () => setFusedLstm('webgpu', lstm) },
    { name: 'dense layers', check: () => checkMlp(mlp), use: () => setFusedMlp('webgpu', mlp) },
    { name: 'Adam and Polyak in place', check: () => checkLists(lists), use: () => setListKernels('webgpu', lists) },
    {
      name: 'quantile Huber loss',
      check: () => checkQuantileHuber({ quantileHuber }),
      use: () => useLoss({ quantileHuber })
    },
    {
      name: 'squashed Gaussian',
      check: () => checkSquashed({ squashedSample }),
      use: () => useLoss({ squashedSample })
    },
    { name: 'masked mean', check: () => checkMaskedMean({ maskedMean }), use: () => useLoss({ maskedMean }) },
    { name: 'clipping', check: () => checkClipped({ clipped }), use: () => useLoss({ clipped }) },
    { name: 'smallest of rows', check: () => checkSmallest({ smallest }), use: () => useLoss({ smallest }) },
    { name: 'random numbers', check: () => checkNoise(noise), use: () => setNoiseKernel('webgpu', noise) }
  ];
}

/** Undefined when the kernel agrees, else why it is not used. */
async function tryCheck(check: Candidate['check']): Promise<string | undefined> {
  try {
    const error = await check();
    if (error === undefined) return 'this device gives a kernel too few buffers';
    return error <= TOLERANCE ? undefined : `ours differs by ${error.toExponential(1)} of the largest value`;
  } catch (error) {
    return `ours failed (${error instanceof Error ? error.message : String(error)})`;
  }
}
