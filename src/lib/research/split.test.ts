import { describe, expect, it } from 'vitest';
import { splitByMarket } from './split.ts';

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
