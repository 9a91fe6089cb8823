/**
 * Counts of a recorded race, Moe R6 of 7 November 2022: the published figures, and the same from the text itself by a
 * second, plainer way.
 */
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MarketState } from '../../src/lib/market/market-state.ts';
import { OFF_LADDER_SCALE, RowKind } from '../../src/lib/market/tape.ts';
import type { Ticks } from '../../src/lib/core/units.ts';
import { fileAt, plainBytes, readStream } from '../support/read-stream.ts';
import { betfairStreams, recordings } from '../support/recordings.ts';

const FILE = '1.206064380.bz2';
const path = betfairStreams().find((one) => basename(one) === FILE);

interface Line {
  readonly mc?: readonly {
    readonly marketDefinition?: unknown;
    readonly rc?: readonly { readonly id: number; readonly trd?: readonly (readonly [number, number])[] }[];
  }[];
}

describe.skipIf(!recordings.present || path === undefined)('Moe R6', () => {
  test('messages, definitions and trades are the published counts and those of the text', async () => {
    const file = fileAt(path!);
    const { reader, markets } = await readStream(file);
    const lines = new TextDecoder()
      .decode(await plainBytes(file))
      .trimEnd()
      .split('\n');
    const messages = lines.map((line) => JSON.parse(line) as Line);
    const largest = new Map<string, number>();
    let definitions = 0;
    let increases = 0;
    for (const { mc } of messages) {
      for (const entry of mc ?? []) {
        if (entry.marketDefinition !== undefined) definitions++;
        for (const { id, trd } of entry.rc ?? []) {
          for (const [price, size] of trd ?? []) {
            const key = `${String(id)}@${String(price)}`;
            if (size > (largest.get(key) ?? 0)) {
              increases++;
              largest.set(key, size);
            }
          }
        }
      }
    }
    const [market] = markets;
    expect(markets.length).toBe(1);
    expect([lines.length, definitions, increases]).toEqual([18_793, 20, 3_487]);
    expect(reader.lines).toBe(lines.length);
    expect(market!.counts).toMatchObject({ messages: lines.length, definitions, trades: increases });

    const tape = market!.finish({ fingerprint: '', shared: false });
    const summed = new Map<string, number>();
    let trades = 0;
    for (let row = 0; row < tape.rows; row++) {
      const kind = tape.kind[row]!;
      if (kind !== RowKind.trade && kind !== RowKind.offLadderTrade) continue;
      const tick = tape.tick[row]!;
      const price = kind === RowKind.trade ? tape.market.rules.ladder.priceOf(tick as Ticks) : tick / OFF_LADDER_SCALE;
      const key = `${tape.market.runners[tape.slot[row]!]!.id}@${String(price)}`;
      summed.set(key, (summed.get(key) ?? 0) + tape.lots[row]!);
      trades++;
    }
    expect(trades).toBe(increases);
    expect(new Map([...summed].map(([key, lots]) => [key, lots / 100]))).toEqual(largest);
  });

  test('the race is as it was run: one removed, won by 38523163 at 13.0', async () => {
    const { markets } = await readStream(fileAt(path!));
    const [market] = markets;
    const record = market!.record({ dataset: 'test', fingerprint: '' });
    expect(record).toMatchObject({
      kind: 'WIN',
      country: 'AU',
      status: 'closed',
      winners: ['38523163'],
      trainable: true
    });
    const tape = market!.finish({ fingerprint: '', shared: false });
    const state = new MarketState(tape.market);
    for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
    const winner = tape.market.runners.findIndex((runner) => runner.id === '38523163');
    expect(state.startingPrice[winner]).toBe(13);
    expect(state.activeRunners).toBe(tape.market.runners.length - 1);
    const removed = state.removed.indexOf(1);
    expect(state.reductionPercent[removed]).toBe(30.01);
  });
});
