import { describe, expect, it } from 'vitest';
import type { EvaluationOrders, KeptOrder } from '$lib/env/episode-orders.ts';
import type { EvaluationReport } from '$lib/research/types.ts';
import { fromNow, nearestOrders } from '../market/placed-orders.ts';
import {
  episodeAddress,
  episodeResult,
  episodeTimes,
  marketAddress,
  orderRunner,
  shownOrders,
  tellsMore,
  timeToOff
} from './episode-view.ts';

const order = (over: Partial<KeptOrder> = {}): KeptOrder => ({
  madeMillis: 1_000_000,
  side: 'lay',
  runner: '4. Sir Callum',
  runnerId: '77',
  slot: 3,
  price: 4.6,
  lots: 600,
  matchedLots: 600,
  state: 'matched',
  end: 'matched',
  sentence: 'Filled: lay 6.00 at 4.60, placed 31 s ago behind 212.',
  ...over
});

const report: EvaluationReport = {
  updates: 500,
  heldOut: true,
  markets: ['1.1', '1.2'],
  confidencePercent: 95,
  digest: 'd',
  policies: [
    {
      policy: 'agent',
      episodes: 2,
      metrics: {},
      columns: ['return', 'length', 'all_green', 'traded', 'mtm_roi'],
      rows: [
        ['1.1', 2, 100, 1, 1, 0.02],
        ['1.2', 0, 100, 0, 0, 0]
      ]
    }
  ]
};
const kept: EvaluationOrders = {
  updates: 500,
  episodes: [
    { market: '1.1', synthetic: true, orders: [order(), order({ matchedLots: 0 })], leftOut: 5 },
    { market: '1.2', synthetic: true, orders: [], leftOut: 0 }
  ]
};
const times = { scheduledMillis: 1_200_000, inPlayMillis: 1_252_000, firstMillis: 0, lastMillis: 2_000_000 };
const still = { scheduledMillis: 1_200_000, firstMillis: 0, lastMillis: 1_100_000 };

describe('an episode in its panel', () => {
  it('counts to the scheduled start where its market is in no dataset, and tells the clock where that was not kept', () => {
    const made = { market: 'simulated 3', synthetic: true, scheduledMillis: 1_200_000, orders: [order()], leftOut: 0 };
    const found = episodeTimes({ updates: 500, episodes: [made, ...kept.episodes] }, 'simulated 3');
    expect(timeToOff(order().madeMillis, found)).toBe('03:20');
    expect(timeToOff(1_215_000, found)).toBe('00:15 after');
    expect(episodeTimes(kept, '1.1')).toBeUndefined();
    expect(episodeTimes(undefined, '1.1')).toBeUndefined();
  });

  it('says what came of it, and no green where nothing was traded', () => {
    expect(episodeResult(report, '1.1')).toEqual({ roi: '+2.00\u202f%', green: 'yes', traded: 'yes' });
    expect(episodeResult(report, '1.2')).toMatchObject({ green: '–', traded: 'no' });
    expect(episodeResult(report, '1.9')).toBeUndefined();
    expect(episodeResult(undefined, '1.1')).toBeUndefined();
  });

  it('lists orders and counts the matched and the left out', () => {
    const shown = shownOrders({ report, kept, market: '1.1' });
    expect(shown).toMatchObject({
      kind: 'orders',
      note: '2 orders, 1 matched in whole or in part; 5 later orders left out'
    });
    const behind = shownOrders({ report: { ...report, updates: 600 }, kept, market: '1.1' });
    expect(behind).toMatchObject({ note: expect.stringMatching(/as of update 500$/u) as string });
  });

  it('says honestly why there is none', () => {
    const title = (over: Partial<Parameters<typeof shownOrders>[0]>) =>
      shownOrders({ report, kept, market: '1.2', ...over });
    expect(title({})).toMatchObject({ kind: 'none', title: 'The agent placed no order here' });
    expect(title({ report: undefined })).toMatchObject({ kind: 'none', title: 'Not evaluated yet' });
    expect(title({ kept: undefined })).toMatchObject({ kind: 'none', title: 'Its orders were not kept' });
    expect(title({ market: '1.9' })).toMatchObject({ kind: 'none', title: 'No such episode' });
  });

  it('counts time to the off as the market page does, and has the clock without the market', () => {
    expect(timeToOff(1_000_000, times)).toBe('04:12');
    expect(timeToOff(1_262_000, times)).toBe('00:10 after');
    expect(timeToOff(1_000_000, still)).toBe('01:40');
    expect(timeToOff(1_000_000, undefined)).toBe('00:16:40 UTC');
  });

  it('leads to the panel, and to the market at the moment of the order', () => {
    expect(episodeAddress('r 1', '1.1')).toBe('/runs/r%201?tab=evaluation&episode=1.1');
    const place = { dataset: 'my data', market: '1.1', run: 'r1' };
    expect(marketAddress(place)).toBe('/markets/my%20data/1.1?run=r1');
    expect(marketAddress(place, { ...order(), times })).toBe('/markets/my%20data/1.1?run=r1&t=-252.0&runner=77');
  });

  it('tells the cause and other queues where they were kept', () => {
    expect(tellsMore(order())).toBe(false);
    expect(tellsMore(order({ causes: '', otherQueues: '' }))).toBe(false);
    expect(tellsMore(order({ otherQueues: 'Had its queue been full: nothing.' }))).toBe(true);
  });

  it('calls a runner by number where the recording has no name', () => {
    expect(orderRunner(order())).toBe('4. Sir Callum');
    expect(orderRunner(order({ runner: '77' }))).toBe('Runner 4');
    expect(orderRunner(order({ runner: ' ' }))).toBe('Runner 4');
  });
});

describe('orders on the market page', () => {
  it('are of the runner shown, nearest to the moment first', () => {
    const orders = [10, 20, 30, 40].map((seconds) => order({ madeMillis: seconds * 1000 }));
    const others = [order({ slot: 1, madeMillis: 30_000 })];
    const near = nearestOrders([...orders, ...others], 3, 30_000);
    expect(near.map((one) => one.madeMillis / 1000)).toEqual([30, 20, 40, 10]);
    expect(nearestOrders(orders, 0, 30_000)).toEqual([]);
  });

  it('say when from the moment looked at', () => {
    expect(fromNow(1000, 1200)).toBe('now');
    expect(fromNow(1000, 32_000)).toBe('31 s ago');
    expect(fromNow(121_000, 1000)).toBe('in 2 min');
  });
});
