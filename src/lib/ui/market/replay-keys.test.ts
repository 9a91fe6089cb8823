import { describe, expect, it } from 'vitest';
import { miniTape } from '../../../../tests/support/mini-tape.ts';
import { MarketPlayer } from './market-player.svelte.ts';
import { KEYS, pressKey } from './replay-keys.ts';

const NAMED: Readonly<Record<string, string>> = {
  Space: ' ',
  '←': 'ArrowLeft',
  '→': 'ArrowRight',
  '↓': 'ArrowDown',
  '↑': 'ArrowUp',
  'Page Down': 'PageDown',
  'Page Up': 'PageUp'
};
const press = (key: string) => {
  const plain = key.replace('Shift ', '');
  return { key: NAMED[plain] ?? plain, shiftKey: plain !== key, ctrlKey: false, metaKey: false, altKey: false };
};
const player = (): MarketPlayer => new MarketPlayer(miniTape({ seed: 1 }), { secondsFromOff: -20 });

describe('keys of a replay', () => {
  it('steps by message, by 1 s and by 10 s, back to where it was', () => {
    const at = player();
    const from = at.message;
    pressKey(at, press('→'), 'page');
    expect(at.message).toBe(from + 1);
    pressKey(at, press('←'), 'page');
    expect(at.message).toBe(from);
    const time = at.time;
    for (const [key, seconds] of [
      ['Shift →', 1],
      ['↑', 1],
      ['Page Up', 10]
    ] as const) {
      pressKey(at, press(key), 'scrubber');
      expect(at.time - time).toBeCloseTo(seconds * 1e9, -3);
      at.seek(time);
    }
  });

  it('goes to every event in turn, both ways, and to the off', () => {
    const at = player();
    const times = [...new Set(at.outline.events.map((event) => event.time))];
    expect(times.length).toBeGreaterThan(0);
    at.seek(at.outline.first);
    const met = times[0] === at.time ? [at.time] : [];
    for (let last = -1; at.time !== last;) {
      last = at.time;
      pressKey(at, press(']'), 'scrubber');
      if (at.time !== last) met.push(at.time);
    }
    expect(met).toEqual(times);
    at.seek(at.outline.last);
    pressKey(at, press('['), 'scrubber');
    expect(at.time).toBe(times.findLast((time) => time < at.outline.last));
    pressKey(at, press('O'), 'scrubber');
    expect(at.time).toBe(at.outline.off);
  });

  it('does what its list says everywhere or on the scrubber alone, and nothing with a modifier', () => {
    for (const { keys, scrubber } of KEYS) {
      for (const key of keys.filter((one) => one !== 'Space')) {
        expect(pressKey(player(), press(key), 'scrubber'), key).toBe(true);
        expect(pressKey(player(), press(key), 'page'), key).toBe(scrubber !== true);
        expect(pressKey(player(), { ...press(key), ctrlKey: true }, 'scrubber'), key).toBe(false);
      }
    }
  });
});
