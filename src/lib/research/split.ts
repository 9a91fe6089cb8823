/**
 * Which markets are trained on and which are held out; never a part of one. By market, each one's place comes from its
 * own id and the seed, so a market added later never moves another one to the other side, except where a side would be
 * empty. By time, what is held out always comes after what is trained on.
 */
import { AppError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';

export interface Split<T> {
  readonly train: readonly T[];
  readonly heldOut: readonly T[];
  /** False when there were too few markets, or none were asked for: both sides are then the same markets. */
  readonly isHeldOut: boolean;
}

/** How a dataset is split: part of a run's configuration. */
export interface SplitConfig extends SplitOptions {
  readonly split: 'byMarket' | 'walkForward';
  /** Parts that the held-out end of the dataset is walked in. */
  readonly folds: number;
  /** Which of them is held out, from 1; the markets before it are trained on. */
  readonly fold: number;
  /** By `regime`, every regime is held out in the same share; for `byMarket` alone. */
  readonly strata: 'none' | 'regime';
}

interface Dated {
  readonly id: string;
  /** When it began, or is due to; markets without a start come by their first message. */
  readonly scheduledMillis: number;
  readonly firstMillis: number;
}

/** @param stratumOf asked for `strata: regime` alone */
export function splitMarkets<T extends Dated>(
  markets: readonly T[],
  config: SplitConfig,
  stratumOf: (market: T) => string
): Split<T> {
  if (config.split === 'walkForward') return splitByTime(markets, config);
  return config.strata === 'none' ? splitByMarket(markets, config) : splitByStratum(markets, config, stratumOf);
}

const startOf = ({ scheduledMillis, firstMillis }: Dated): number =>
  scheduledMillis > 0 ? scheduledMillis : firstMillis;

/**
 * Walk-forward: the last `heldOutPercent` of the markets by time, cut into `folds` parts; part `fold` is held out, and
 * all that began before its first market is trained on. Markets that begin with it are left out: they are no past of it.
 * @throws config.invalid when there is no such part
 */
export function splitByTime<T extends Dated>(
  markets: readonly T[],
  { heldOutPercent, folds, fold }: Pick<SplitConfig, 'heldOutPercent' | 'folds' | 'fold'>
): Split<T> {
  if (markets.length < 2 || heldOutPercent === 0) return { train: markets, heldOut: markets, isHeldOut: false };
  const ordered = [...markets].sort((a, b) => startOf(a) - startOf(b) || (a.id < b.id ? -1 : 1));
  const walked = Math.max(folds, Math.round((ordered.length * heldOutPercent) / 100));
  if (fold > folds || walked >= ordered.length) {
    throw new AppError('config.invalid', {
      subject: 'the split',
      expected: `a fold from 1 to ${String(folds)}, and fewer folds than markets`,
      got: `fold ${String(fold)} of ${String(folds)} over ${String(ordered.length)} markets`,
      remedy: 'choose fewer folds, hold out less, or import more markets'
    });
  }
  const first = ordered.length - walked;
  const edge = (part: number): number => first + Math.round((walked * part) / folds);
  const heldOut = ordered.slice(edge(fold - 1), edge(fold));
  const begins = startOf(heldOut[0]!);
  return { train: ordered.filter((market) => startOf(market) < begins), heldOut, isHeldOut: true };
}

/**
 * Of every stratum the same share, drawn as by market but by rank: one market more may move another one of its stratum.
 * A stratum of one goes where its own draw says.
 */
function splitByStratum<T extends { readonly id: string }>(
  markets: readonly T[],
  options: SplitOptions,
  stratumOf: (market: T) => string
): Split<T> {
  if (markets.length < 2 || options.heldOutPercent === 0) return splitByMarket(markets, options);
  const root = new Random(seed(options.splitSeed), 'split');
  const share = options.heldOutPercent / 100;
  const out = new Set<string>();
  for (const stratum of Map.groupBy(markets, stratumOf).values()) {
    const ranked = stratum
      .map(({ id }) => ({ id, draw: root.split(id).uniform() }))
      .sort((a, b) => a.draw - b.draw || (a.id < b.id ? -1 : 1));
    const count =
      ranked.length === 1 ? Number(ranked[0]!.draw < share) : Math.max(1, Math.round(share * ranked.length));
    for (const { id } of ranked.slice(0, Math.min(count, Math.max(1, ranked.length - 1)))) out.add(id);
  }
  const train = markets.filter((market) => !out.has(market.id));
  const heldOut = markets.filter((market) => out.has(market.id));
  // Strata of one alone may all have gone the same way.
  return train.length === 0 || heldOut.length === 0
    ? splitByMarket(markets, options)
    : { train, heldOut, isHeldOut: true };
}

export interface SplitOptions {
  readonly heldOutPercent: number;
  readonly splitSeed: number;
}

export function splitByMarket<T extends { readonly id: string }>(
  markets: readonly T[],
  options: SplitOptions
): Split<T> {
  const { heldOutPercent, splitSeed } = options;
  if (markets.length < 2 || heldOutPercent === 0) return { train: markets, heldOut: markets, isHeldOut: false };
  const root = new Random(seed(splitSeed), 'split');
  const drawn = markets.map((market) => ({ market, draw: root.split(market.id).uniform() }));
  const ranked = [...drawn].sort((a, b) => a.draw - b.draw || (a.market.id < b.market.id ? -1 : 1));
  // At least one a side: the lowest draw is held out and the highest trained on, whatever the share says.
  const lowest = ranked[0]!.market;
  const highest = ranked[ranked.length - 1]!.market;
  const isOut = ({ market, draw }: { market: T; draw: number }): boolean =>
    market === lowest || (market !== highest && draw < heldOutPercent / 100);
  return {
    train: drawn.filter((d) => !isOut(d)).map((d) => d.market),
    heldOut: drawn.filter(isOut).map((d) => d.market),
    isHeldOut: true
  };
}
