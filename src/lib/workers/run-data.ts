/** From a configuration to the tapes a run trains on and is evaluated on, split by market. */
import type { RunConfig } from '../config/run-config.ts';
import { AppError } from '../core/errors.ts';
import { tapeToWire } from '../market/tape-wire.ts';
import type { TapeWire } from '../market/tape-wire.ts';
import { splitMarkets } from '../research/split.ts';
import type { RunRecord } from '../research/types.ts';
import type { DataApi } from './data-api.ts';

/** What a record says of its data. */
export type RunDataFacts = Pick<
  RunRecord,
  'dataset' | 'dataFingerprint' | 'synthetic' | 'trainMarkets' | 'heldOutMarkets'
> & { readonly isHeldOut: boolean };

const NO_DATA: RunDataFacts = {
  dataset: 'none',
  dataFingerprint: 'none',
  synthetic: false,
  trainMarkets: [],
  heldOutMarkets: [],
  isHeldOut: true
};

export const needsData = (config: RunConfig): boolean => config.env.id === 'AUPreOffV7TradeCost';

/** Of an environment that makes its own episodes; simulated markets are synthetic, a pendulum is what it is. */
const madeData = (config: RunConfig): RunDataFacts => ({
  ...NO_DATA,
  synthetic: config.env.id === 'SimulatedPreOff-v0'
});

/** @throws AppError `data.missing` without the dataset, `data.empty` when no market of it can be trained on */
export async function chooseData(data: DataApi, config: RunConfig): Promise<RunDataFacts> {
  if (!needsData(config)) return madeData(config);
  const { dataset, split: by, strata } = config.data;
  const record = await datasetNamed(data, dataset);
  const markets = await data.markets(record.name);
  const usable = markets.filter((market) => market.trainable);
  if (usable.length === 0) {
    const reason = markets.find((market) => market.reason !== undefined)?.reason;
    throw new AppError('data.empty', {
      subject: `dataset ${dataset}`,
      expected: 'at least one market to train on',
      got: `none of its ${String(markets.length)} can be${reason === undefined ? '' : ` (${reason})`}`,
      remedy: 'import recordings that run until the off, or train on the sample'
    });
  }
  const asked = by === 'byMarket' && strata === 'regime';
  const regimes = new Map((asked ? await data.regimes(record.name) : []).map((one) => [one.market, one.regime]));
  const split = splitMarkets(usable, config.data, ({ id }) => regimes.get(id) ?? 'unknown');
  return {
    dataset: record.name,
    dataFingerprint: record.fingerprint,
    synthetic: record.synthetic,
    trainMarkets: split.train.map((market) => market.id),
    heldOutMarkets: split.heldOut.map((market) => market.id),
    isHeldOut: split.isHeldOut
  };
}

/** The same markets as when the run began. @throws AppError `data.drift` when the dataset has changed since */
export async function recallData(data: DataApi, config: RunConfig, run: RunRecord): Promise<RunDataFacts> {
  if (!needsData(config)) return madeData(config);
  const { fingerprint } = await datasetNamed(data, run.dataset);
  if (fingerprint !== run.dataFingerprint) {
    throw new AppError('data.drift', {
      subject: `dataset ${run.dataset} of run ${run.name}`,
      expected: `fingerprint ${run.dataFingerprint.slice(0, 12)}`,
      got: fingerprint.slice(0, 12),
      remedy: 'import the same recordings again, or start a new run'
    });
  }
  const { dataset, dataFingerprint, synthetic, trainMarkets, heldOutMarkets } = run;
  const isHeldOut = !heldOutMarkets.some((id) => trainMarkets.includes(id));
  return { dataset, dataFingerprint, synthetic, trainMarkets, heldOutMarkets, isHeldOut };
}

export async function loadTapes(
  data: DataApi,
  facts: RunDataFacts
): Promise<{ readonly train: readonly TapeWire[]; readonly heldOut: readonly TapeWire[] }> {
  const ids = [...new Set([...facts.trainMarkets, ...facts.heldOutMarkets])];
  const wires = new Map<string, TapeWire>();
  for (const id of ids) wires.set(id, tapeToWire(await data.tape(facts.dataset, id)));
  const pick = (list: readonly string[]): readonly TapeWire[] => list.map((id) => wires.get(id) as TapeWire);
  return { train: pick(facts.trainMarkets), heldOut: pick(facts.heldOutMarkets) };
}

async function datasetNamed(data: DataApi, name: string) {
  const datasets = await data.datasets();
  // What configurations call `sample` is whichever dataset is built in.
  const found =
    datasets.find((dataset) => dataset.name === name) ??
    datasets.find((dataset) => dataset.formerNames?.includes(name)) ??
    (name === 'sample' ? datasets.find((dataset) => dataset.origin === 'sample') : undefined);
  if (found !== undefined) return found;
  throw new AppError('data.missing', {
    subject: `dataset ${name}`,
    expected: `one of ${datasets.map((dataset) => dataset.name).join(', ')}`,
    got: 'nothing of that name in this browser',
    remedy: 'import it on the Data page, or choose another'
  });
}
