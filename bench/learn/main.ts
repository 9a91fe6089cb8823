/**
 * `npm run learn -- NAME [--seeds 0..4] [--workers N] [--json]`: trains a configuration of `configs/learn` with each
 * seed and prints what it came to, and the published figure beside it. Without a name it lists them.
 */
import { Worker } from 'node:worker_threads';
import type { RunConfig } from '../../src/lib/config/run-config.ts';
import { differences, worstRoiP95 } from './against.ts';
import type { SeedResult } from './one-seed.ts';
import { leastMean, publishedFor, rowConfig, rowNames } from './rows.ts';

interface Asked {
  readonly name: string | undefined;
  readonly seeds: readonly number[];
  readonly workers: number;
  readonly json: boolean;
}

function asked(words: readonly string[]): Asked {
  const after = (flag: string): string | undefined => {
    const at = words.indexOf(flag);
    return at < 0 ? undefined : words[at + 1];
  };
  const range = /^(\d+)(?:\.\.(\d+))?$/.exec(after('--seeds') ?? '0..4');
  if (range === null) throw new Error('--seeds: expected a number or FROM..TO, for instance 0..4');
  const from = Number(range[1]);
  const to = Number(range[2] ?? range[1]);
  const [name] = words.filter((word, i) => !word.startsWith('--') && !(words[i - 1] ?? '').startsWith('--'));
  return {
    name,
    seeds: Array.from({ length: to - from + 1 }, (_, i) => from + i),
    workers: Math.max(1, Number(after('--workers') ?? '1')),
    json: words.includes('--json')
  };
}

const trainIn = (config: RunConfig): Promise<SeedResult> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./one-seed.ts', import.meta.url), { workerData: config });
    worker.once('message', resolve);
    worker.once('error', reject);
  });

async function learn(name: string, { seeds, workers, json }: Asked): Promise<boolean> {
  const config = rowConfig(name);
  const published = publishedFor(config);
  const waiting = [...seeds];
  const results: SeedResult[] = [];
  const work = async (): Promise<void> => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      const result = await trainIn({ ...config, seed });
      results.push(result);
      const { mean, std, episodes, steps, seconds } = result;
      if (!json) {
        console.log(
          `  seed ${String(seed)}: ${mean.toFixed(1)} ± ${std.toFixed(1)} over ${String(episodes)} episodes, ` +
            `${String(steps)} steps in ${seconds.toFixed(0)} s, ${(steps / seconds).toFixed(0)} steps/s`
        );
      }
    }
  };
  if (!json) console.log(`${name}: ${config.agent.algorithm} on ${config.env.id}, seeds ${seeds.join(', ')}`);
  await Promise.all(Array.from({ length: Math.min(workers, seeds.length) }, work));
  const mean = results.reduce((sum, one) => sum + one.mean, 0) / results.length;
  const spread = Math.sqrt(results.reduce((sum, one) => sum + (one.mean - mean) ** 2, 0) / results.length);
  const least = published === undefined ? undefined : leastMean(published);
  const reached = least === undefined || mean >= least;
  results.sort((a, b) => a.seed - b.seed);
  if (results.some(({ onMarkets }) => onMarkets.length > 0)) return tellMarkets(name, results, json);
  if (json) console.log(JSON.stringify({ name, mean, spread, published, least, reached, results }));
  else {
    const figure =
      published === undefined
        ? 'no published figure'
        : `published ${String(published.mean)} ± ${String(published.std)}, least ${String(least)}: ${reached ? 'reached' : 'NOT REACHED'}`;
    console.log(`${name}: ${mean.toFixed(1)} ± ${spread.toFixed(1)} over ${String(results.length)} seeds; ${figure}`);
  }
  return reached;
}

/** Whether every baseline is beaten: the whole interval of the difference lies above nothing. */
function tellMarkets(name: string, results: readonly SeedResult[], json: boolean): boolean {
  const against = differences(results.map(({ onMarkets }) => onMarkets));
  const own = results.map(({ onMarkets }) => onMarkets[0]!);
  const roi = own.flatMap((one) => one.roi);
  const mean = roi.reduce((sum, x) => sum + x, 0) / roi.length;
  const worst = worstRoiP95(own);
  const beaten = against.every(({ low }) => low > 0);
  if (json) console.log(JSON.stringify({ name, mtmRoiMean: mean, worstRoiP95: worst, against, beaten, results }));
  else {
    const percent = (x: number): string => `${(100 * x).toFixed(3)} %`;
    console.log(
      `${name}: hedged result ${percent(mean)} of the bankroll a held-out market, worst_roi_p95 ${percent(worst)}, ` +
        `${String(results.length)} seeds, ${String(own[0]!.roi.length)} markets`
    );
    for (const { baseline, mean: by, low, high } of against) {
      const verdict = low > 0 ? 'beaten' : 'NOT BEATEN';
      console.log(`  against ${baseline}: ${percent(by)}, 95 % from ${percent(low)} to ${percent(high)}: ${verdict}`);
    }
  }
  return beaten;
}

const options = asked(process.argv.slice(2));
const names = rowNames();
if (options.name === undefined) console.log(`npm run learn -- NAME, NAME one of:\n  ${names.join('\n  ')}`);
else if (!names.includes(options.name)) {
  console.error(`learn: expected one of ${names.join(', ')}, got ${options.name}`);
  process.exitCode = 2;
} else if (!(await learn(options.name, options))) process.exitCode = 1;
