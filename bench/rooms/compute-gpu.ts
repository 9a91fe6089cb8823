/**
 * `npm run bench -- compute --gpu`: the TQC update with memory on WebGPU in Node (Dawn), on whatever adapter the machine
 * has: its kernel launches, the JavaScript of a replay (in Chromium too, where there is one), its whole time until the GPU
 * is idle against the same update by tfjs and against PyTorch on the same GPU, and the time of each family of kernels. On
 * a software adapter, where an update takes seconds, few are run and all of them smaller: the names say so.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import { webgpuBackend } from '../../src/lib/compute/webgpu/backend.ts';
import { openDawn } from '../../tests/support/dawn.ts';
import { openBenchBrowser } from '../browser.ts';
import type { Figure } from '../figure.ts';
import { MEDIUM, SMALL, WHOLE, leastScript, nameOf, recorded, untilIdle, written } from '../gpu-learner.ts';
import type { Learner, Size } from '../gpu-learner.ts';
import type * as GpuPage from '../gpu-page.ts';
import { familyTimes } from '../kernel-times.ts';
import { torchTimes, type TorchTimes } from '../torch-peer.ts';

const GOAL_SCRIPT_MILLIS = 0.5;
const GOAL_LAUNCHES = 150;
/** Two CPU cores; of a GPU none is on record. */
const RECORDED_TORCH_MILLIS = 29.6;

/** How many updates are timed: by replays, by tfjs, for JavaScript alone, and in rows. */
const ON_HARDWARE = { replays: 100, written: 10, scripts: 200, rows: 5, inRow: 50, profiled: 30 };
const ON_SOFTWARE = { replays: 2, written: 2, scripts: 40, rows: 1, inRow: 2, profiled: 1 };

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const PAGE = fileURLToPath(new URL('../gpu-page.ts', import.meta.url));

export async function* figures(): AsyncGenerator<Figure> {
  const gpu = await openDawn();
  if (gpu === undefined) return;
  const device = await chooseDevice('webgpu', { gpu });
  const on = device.report.label;
  console.warn(`${on}: ${device.report.kernels}`);
  device.onNotice((notice) => {
    console.warn(notice);
  });
  const software = on.endsWith('(software)');
  const counts = software ? ON_SOFTWARE : ON_HARDWARE;
  const whole = software ? MEDIUM : WHOLE;
  const name = nameOf(whole);
  const few = software ? ', few replays' : '';

  const small = software ? SMALL : WHOLE;
  const replay = await recorded(small, (learner) => leastScript(learner, counts.scripts));
  const byTfjs = await written(small, (learner) => leastScript(learner, software ? 3 : counts.written));
  yield {
    name: `${nameOf(small)}: JavaScript of a replay in Node, Dawn's own work on the thread with it, against tfjs with the same kernels`,
    value: replay.result,
    unit: 'ms',
    baseline: byTfjs,
    ratio: byTfjs / replay.result
  };
  yield* inChromium(small, counts.scripts);

  const { result, update } = await recorded(whole, async (learner, update) => ({
    idle: await leastIdle(learner, counts.replays),
    row: await leastRow(learner, counts.rows, counts.inRow),
    families: await familyTimes(webgpuBackend(), update().graph?.recording.commands ?? [], counts.profiled)
  }));
  yield {
    name: `${name}: kernel launches`,
    value: update.launches,
    unit: 'launches',
    goal: GOAL_LAUNCHES,
    met: update.launches <= GOAL_LAUNCHES
  };
  const writtenIdle = await written(whole, (learner) => leastIdle(learner, counts.written));
  yield {
    name: `${name}: until the GPU is idle, against tfjs with the same kernels, on ${on}${few}`,
    value: result.idle,
    unit: 'ms',
    baseline: writtenIdle,
    ratio: writtenIdle / result.idle
  };
  for (const { family, launches, millis } of result.families) {
    const what = `${family}, ${String(launches)} launches apart from one another, on ${on}${few}`;
    yield { name: `${name}: ${what}`, value: millis, unit: 'ms' };
  }
  device.dispose();
  yield* againstTorch(name, result, await torchTimes());
}

/** The same JavaScript where users have it: in a browser, whose GPU process does the rest. */
async function* inChromium(size: Size, replays: number): AsyncGenerator<Figure> {
  if (!existsSync(CHROMIUM)) {
    console.warn(`SKIPPED: JavaScript of a replay in Chromium: none at ${CHROMIUM}; name one in CHROMIUM_PATH`);
    return;
  }
  const browser = await openBenchBrowser(PAGE, ['--enable-unsafe-webgpu']);
  try {
    const page = await browser.blank();
    const { replayed, written, on } = await page.evaluate(
      async ({ module, size, replays }) => {
        const { scriptMillis } = (await import(module)) as typeof GpuPage;
        return scriptMillis(size, replays, 2);
      },
      { module: '/page.js', size, replays }
    );
    yield {
      name: `${nameOf(size)}: JavaScript of a replay in Chromium, against tfjs with the same kernels, on ${on}`,
      value: replayed,
      unit: 'ms',
      baseline: written,
      ratio: written / replayed,
      goal: GOAL_SCRIPT_MILLIS,
      met: replayed <= GOAL_SCRIPT_MILLIS
    };
  } finally {
    await browser.close();
  }
}

/** PyTorch's two ways in this run, or its figure on record. */
function* againstTorch(
  name: string,
  ours: { readonly idle: number; readonly row: number | undefined },
  peers: readonly TorchTimes[] | string
): Generator<Figure> {
  if (typeof peers === 'string') {
    const why = `recorded peer: torch at B64 H128 on two CPU cores (${peers})`;
    yield {
      name: `${name}: until the GPU is idle, ${why}`,
      value: ours.idle,
      unit: 'ms',
      baseline: RECORDED_TORCH_MILLIS,
      ratio: RECORDED_TORCH_MILLIS / ours.idle
    };
    return;
  }
  for (const { way, idle, row } of peers) {
    const pairs = [
      ['until the GPU is idle', ours.idle, idle],
      ['one of many in a row', ours.row, row]
    ] as const;
    for (const [what, value, baseline] of pairs) {
      if (value === undefined) continue;
      const figure = { name: `${name}: ${what}, against PyTorch ${way} on the same GPU`, value, unit: 'ms', baseline };
      const compared = { ...figure, ratio: baseline / value };
      yield way === 'eager' ? { ...compared, goal: baseline, met: value <= baseline } : compared;
    }
  }
}

/** Milliseconds of an update until the GPU is idle. */
async function leastIdle({ update }: Learner, count: number): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await update();
    await untilIdle();
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

/** Milliseconds of an update that many others follow; undefined without rows. */
async function leastRow({ update }: Learner, rows: number, inRow: number): Promise<number | undefined> {
  let least: number | undefined;
  for (let row = 0; row < rows; row++) {
    const began = performance.now();
    for (let i = 0; i < inRow; i++) await update();
    await untilIdle();
    least = Math.min(least ?? Infinity, (performance.now() - began) / inRow);
  }
  return least;
}
