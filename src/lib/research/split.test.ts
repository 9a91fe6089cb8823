import { describe, expect, it } from 'vitest';
import { splitByMarket, splitMarkets } from './split.ts';

const markets = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `1.${String(200 + i)}` }));
const ids = (some: readonly { id: string }[]) => some.map((market) => market.id);
const quarter = { heldOutPercent: 25, splitSeed: 0 };

describe('the split by market', () => {
  it('puts every market on one side, about the share asked for', () => {
    const { train, heldOut, isHeldOut } = splitByMarket(markets(400), quarter);
    expect(isHeldOut).toBe(true);
    expect([...ids(train), ...ids(heldOut)].sort()).toEqual(ids(markets(400)).sort());
    expect(heldOut.length).toBeGreaterThan(70);
    expect(heldOut.length).toBeLessThan(130);
  });

  it('leaves every market where it was when others are added', () => {
    const before = new Set(ids(splitByMarket(markets(60), quarter).heldOut));
    const after = new Set(ids(splitByMarket(markets(90), quarter).heldOut));
    for (const { id } of markets(60)) expect(after.has(id)).toBe(before.has(id));
  });

  it('does not depend on the order of the markets, and does on the seed', () => {
    const reversed = splitByMarket(markets(50).reverse(), quarter);
    const straight = splitByMarket(markets(50), quarter);
    expect(ids(reversed.heldOut).sort()).toEqual(ids(straight.heldOut).sort());
    expect(ids(splitByMarket(markets(50), { ...quarter, splitSeed: 1 }).heldOut)).not.toEqual(ids(straight.heldOut));
  });

  it('has at least one market on each side, whatever the share', () => {
    for (const heldOutPercent of [0.001, 25, 90]) {
      for (let count = 2; count < 8; count++) {
        const { train, heldOut } = splitByMarket(markets(count), { heldOutPercent, splitSeed: count });
        expect(train.length).toBeGreaterThan(0);
        expect(heldOut.length).toBeGreaterThan(0);
      }
    }
  });

  it('says so when nothing can be held out', () => {
    expect(splitByMarket(markets(1), quarter)).toMatchObject({
      isHeldOut: false,
      train: markets(1),
      heldOut: markets(1)
    });
    expect(splitByMarket(markets(9), { heldOutPercent: 0, splitSeed: 0 }).isHeldOut).toBe(false);
  });
});

const dated = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `1.${String(200 + ((i * 7) % count))}`,
    scheduledMillis: 1e12 + 3_600_000 * i,
    firstMillis: 0
  }));
const walk = { ...quarter, split: 'walkForward', folds: 3, fold: 1, strata: 'none' } as const;
const noStratum = (): string => {
  throw new Error('no stratum was asked for');
};

describe('the split by time', () => {
  it('walks forward: what is held out comes after all that is trained on, and each fold trains on those before', () => {
    const markets = dated(40);
    const folds = [1, 2, 3].map((fold) => splitMarkets(markets.toReversed(), { ...walk, fold }, noStratum));
    for (const { train, heldOut } of folds) {
      const last = Math.max(...train.map((one) => one.scheduledMillis));
      expect(Math.min(...heldOut.map((one) => one.scheduledMillis))).toBeGreaterThan(last);
    }
    expect(folds.flatMap(({ heldOut }) => ids(heldOut))).toEqual(ids(markets.slice(30)));
    expect(folds.map(({ train }) => train.length)).toEqual([30, 33, 37]);
  });

  it('leaves out of training what begins at the same moment as what is held out', () => {
    const markets = dated(8).map((market, i) =>
      i === 5 ? { ...market, scheduledMillis: 1e12 + 6 * 3_600_000 } : market
    );
    const { train, heldOut } = splitMarkets(markets, { ...walk, folds: 1 }, noStratum);
    expect(heldOut).toHaveLength(2);
    expect(ids(train)).toEqual(ids(markets.slice(0, 5)));
  });

  it('refuses a fold that there is not', () => {
    expect(() => splitMarkets(dated(40), { ...walk, fold: 4 }, noStratum)).toThrow(/fold 4 of 3/);
    expect(() => splitMarkets(dated(3), walk, noStratum)).toThrow(/3 markets/);
  });
});

describe('the split by stratum', () => {
  const strata = { ...quarter, split: 'byMarket', folds: 1, fold: 1, strata: 'regime' } as const;
  const wild = ({ id }: { id: string }): string => (Number(id.slice(2)) % 5 === 0 ? 'wild' : 'calm');

  it('holds out the same share of each, where a draw alone would not', () => {
    const markets = dated(40);
    const { train, heldOut } = splitMarkets(markets, strata, wild);
    expect(heldOut.filter((one) => wild(one) === 'wild')).toHaveLength(2);
    expect(heldOut.filter((one) => wild(one) === 'calm')).toHaveLength(8);
    expect([...ids(train), ...ids(heldOut)].sort()).toEqual(ids(markets).sort());
    expect(ids(splitMarkets(markets.toReversed(), strata, wild).heldOut).sort()).toEqual(ids(heldOut).sort());
  });

  it('has both sides, though every stratum holds one market', () => {
    for (let count = 2; count < 9; count++) {
      const { train, heldOut } = splitMarkets(dated(count), strata, ({ id }) => id);
      expect(Math.min(train.length, heldOut.length)).toBeGreaterThan(0);
    }
  });
});
