import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binarySizes } from './binary-sizes.ts';
import { fifo } from './fifo.ts';
import { fullQueue } from './full-queue.ts';
import { probLog, probLogRule } from './prob-log.ts';
import { probPower, probPower2, probPower2Rule, probPower3, probPower3Rule, probPowerRule } from './prob-power.ts';
import type { QueueModel, QueuePosition } from './queue-model.ts';
import { riskAverse, riskAverseRule } from './risk-averse.ts';

const models: readonly QueueModel[] = [
  fullQueue,
  riskAverse,
  probPower(1),
  probPower(3),
  probPower2(3),
  probPower3(3),
  probLog(0.001),
  fifo
];
const at = (ahead: number): QueuePosition => ({ ahead, own: Number.NaN });

/** What a level may do while we wait there: it trades, or it is stated anew. */
type Event = { readonly trade: number } | { readonly level: number };
const lots = fc.integer({ min: 0, max: 500 });
const events = fc.array(fc.oneof(fc.record({ trade: fc.integer({ min: 1, max: 500 }) }), fc.record({ level: lots })), {
  maxLength: 30
}) as fc.Arbitrary<Event[]>;

interface Walk {
  readonly aheads: readonly number[];
  readonly fills: readonly number[];
  readonly traded: number;
}

/** Works one order of `rest` lots behind `visible` through the events, as an engine does. */
function walk(model: QueueModel, visible: number, rest: number, history: readonly Event[]): Walk {
  const position = at(model.onPlace(visible));
  const aheads = [position.ahead];
  const fills: number[] = [];
  let level = visible;
  let since = 0;
  let traded = 0;
  let open = rest;
  for (const event of history) {
    if ('trade' in event) {
      const filled = Math.floor(model.onTrade(position, event.trade, open));
      since += event.trade;
      traded += event.trade;
      open -= filled;
      fills.push(filled);
      if (open === 0) break;
    } else if (event.level !== level) {
      model.onDepth?.(position, level, event.level, since);
      since = 0;
      level = event.level;
    }
    aheads.push(position.ahead);
  }
  return { aheads, fills, traded };
}

describe.each(models)('$id', (model) => {
  it('puts all that is visible ahead of an order that arrives', () => {
    expect(model.onPlace(7)).toBe(7);
  });

  it('never moves an order back, never below zero, never to no number', () => {
    fc.assert(
      fc.property(lots, fc.integer({ min: 1, max: 400 }), events, (visible, rest, history) => {
        const { aheads } = walk(model, visible, rest, history);
        for (let i = 0; i < aheads.length; i++) {
          expect(aheads[i]).toBeGreaterThanOrEqual(0);
          if (i > 0) expect(aheads[i]).toBeLessThanOrEqual(aheads[i - 1]!);
        }
      })
    );
  });

  it('fills whole lots, never more than traded and never more than the order', () => {
    fc.assert(
      fc.property(lots, fc.integer({ min: 1, max: 400 }), events, (visible, rest, history) => {
        const { fills, traded } = walk(model, visible, rest, history);
        const filled = fills.reduce((sum, one) => sum + one, 0);
        expect(filled).toBeLessThanOrEqual(Math.min(rest, traded));
        for (const one of fills) expect(Number.isInteger(one) && one >= 0).toBe(true);
      })
    );
  });

  it('is never later than the full queue', () => {
    fc.assert(
      fc.property(lots, fc.integer({ min: 1, max: 400 }), events, (visible, rest, history) => {
        const { aheads } = walk(model, visible, rest, history);
        const full = walk(fullQueue, visible, rest, history).aheads;
        for (let i = 0; i < Math.min(aheads.length, full.length); i++) {
          expect(aheads[i]).toBeLessThanOrEqual(full[i]!);
        }
      })
    );
  });

  it('keeps its place when its level shows no more than a trade that it was already told of', () => {
    const position = at(40);
    expect(model.onTrade(position, 10, 5)).toBe(0);
    model.onDepth?.(position, 100, 90, 10);
    expect(position.ahead).toBe(30);
  });
});

describe('a cancellation of 10 of 60 lots, 20 of them ahead', () => {
  const after = (model: QueueModel): number => {
    const position = at(20);
    model.onDepth?.(position, 60, 50, 0);
    return position.ahead;
  };

  it.each([
    ['is ignored by the full queue', fullQueue, 20],
    ['is all behind for the risk-averse queue', riskAverse, 20],
    ['takes 20^3 / (40^3 + 20^3) of it from ahead by probPower', probPower(3), 20 - 10 / 9],
    ['takes 1 - (40 / 60)^3 of it from ahead by probPower2', probPower2(3), 20 - 10 * (1 - (2 / 3) ** 3)],
    ['takes (20 / 60)^3 of it from ahead by probPower3', probPower3(3), 20 - 10 / 27],
    [
      'takes ln 21 / (ln 41 + ln 21) of it from ahead by probLog',
      probLog(1),
      20 - 10 * (Math.log(21) / (Math.log(41) + Math.log(21)))
    ]
  ])('%s', (_, model, ahead) => {
    expect(after(model)).toBeCloseTo(ahead, 12);
  });

  it('weighs more ahead by the logarithm where a unit has more lots', () => {
    expect(after(probLog(1))).toBeLessThan(after(probLog(0.001)));
  });
});

describe('the bounds of a level', () => {
  it('cut what is ahead to what shows', () => {
    for (const model of models.filter((one) => one !== fullQueue)) {
      const position = at(50);
      model.onDepth?.(position, 80, 12, 0);
      expect(position.ahead).toBeLessThanOrEqual(12);
    }
  });

  it('take from ahead what was not there to leave from behind', () => {
    const position = at(90);
    probPower(1).onDepth?.(position, 100, 60, 0);
    // w = 10 / 100: 36 from ahead by weight, 4 from behind where 10 stood.
    expect(position.ahead).toBeCloseTo(54, 12);
    const shallow = at(10);
    probPower2(0.1).onDepth?.(shallow, 100, 2, 0);
    expect(shallow.ahead).toBeLessThanOrEqual(2);
  });

  it('do not move an order when the level grew by less than it traded', () => {
    const position = at(30);
    probPower(3).onDepth?.(position, 40, 45, 0);
    expect(position.ahead).toBe(30);
  });
});

describe('fifo', () => {
  it('moves by exactly what was cancelled ahead', () => {
    const position = at(100);
    fifo.onCancel?.(position, 30, 20);
    expect(position.ahead).toBe(80);
    fifo.onCancel?.(position, 80, 500);
    expect(position.ahead).toBe(80);
    fifo.onCancel?.(position, 70, 25);
    expect(position.ahead).toBe(70);
  });
});

describe('sizes held as binary doubles', () => {
  const rules = [
    ['probPower', probPowerRule(3)],
    ['probPower2', probPower2Rule(3)],
    ['probPower3', probPower3Rule(3)],
    ['probLog', probLogRule(1)],
    ['riskAverse', riskAverseRule]
  ] as const;

  it.each(rules)('follow our own %s until the front is gone', (id, rule) => {
    const exact = {
      probPower: probPower(3),
      probPower2: probPower2(3),
      probPower3: probPower3(3),
      probLog: probLog(0.001),
      riskAverse
    }[id];
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 500 }),
        fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 10 }),
        (visible, levels) => {
          const binary = binarySizes(id, rule, 0.001);
          const position = at(binary.onPlace(visible));
          const own = at(exact.onPlace(visible));
          let level = visible;
          for (const next of levels) {
            binary.onDepth?.(position, level, next, 0);
            exact.onDepth?.(own, level, next, 0);
            level = next;
            expect(own.ahead).toBeCloseTo(Math.max(0, position.ahead), 6);
            if (position.ahead <= 0) break;
          }
        }
      )
    );
  });

  it('fill a whole lot with half of one, where ours waits', () => {
    const binary = binarySizes('probPower', probPowerRule(3), 0.001);
    const position = { ahead: 0.4, own: 0.0004 };
    expect(binary.onTrade(position, 1, 10)).toBe(1);
    expect(Math.floor(probPower(3).onTrade(at(0.4), 1, 10))).toBe(0);
  });

  it('remember less than half a lot that reached us', () => {
    const binary = binarySizes('probPower', probPowerRule(3), 0.001);
    const position = { ahead: 0.7, own: 0.0007 };
    expect(binary.onTrade(position, 1, 10)).toBe(0);
    expect(position.ahead).toBeCloseTo(-0.3, 9);
    expect(binary.onTrade(position, 5, 3)).toBe(3);
  });

  it('take what shows as ahead where nothing stood at all', () => {
    const binary = binarySizes('probPower', probPowerRule(3), 0.001);
    const position = at(0);
    binary.onDepth?.(position, 0, 0, 0);
    expect(position.ahead).toBe(0);
  });
});
