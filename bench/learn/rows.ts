/**
 * What is trained to which published figure: a configuration of `configs/learn` each, with the budget and the result
 * that `rl.json` of the goldens names (Stable-Baselines3's zoo, CleanRL). Where the goldens are absent the budget is
 * the configuration's own and no figure is printed.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { readConfig } from '../../src/lib/config/read-config.ts';
import type { RunConfig } from '../../src/lib/config/run-config.ts';
import { goldens, readGolden } from '../../tests/support/recordings.ts';

const folder = new URL('../../configs/learn/', import.meta.url);

export interface Published {
  readonly mean: number;
  readonly std: number;
  readonly steps?: number;
  readonly source: string;
}

export const rowNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();

export function rowConfig(name: string): RunConfig {
  const file = `${name}.yaml`;
  return readConfig(readFileSync(new URL(file, folder), 'utf8'), `configs/learn/${file}`);
}

interface Row {
  readonly env: string;
  readonly algo: string;
  readonly mean: number;
  readonly std: number;
  readonly steps?: number;
  readonly source?: string;
}

/** The figure to reach; over several seeds where one was published so. */
export function publishedFor(config: RunConfig): Published | undefined {
  if (!goldens.present) return undefined;
  const { source, rows, multiSeed } = readGolden('rl.json') as { source: string; rows: Row[]; multiSeed: Row[] };
  const wanted = (row: Row): boolean => row.env === config.env.id && row.algo.toLowerCase() === config.agent.algorithm;
  const row = rows.find(wanted) ?? multiSeed.find(wanted);
  return row === undefined ? undefined : { ...row, source: row.source ?? source };
}

/** The least a mean over seeds may come to: the published mean less its spread, less 5 % where that is none. */
export const leastMean = ({ mean, std }: Published): number => mean - (std > 0 ? std : 0.05 * Math.abs(mean));
