/**
 * A recorded stream of Binance and the order books that were kept beside it, joined by their numbers: from then on the best
 * prices and sizes are those of the venue's own book ticker, which the reader does not use.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { arrangeFiles } from '../../src/lib/data/arrange-files.ts';
import { bookImages } from '../../src/lib/data/binance/book-image.ts';
import { framed } from '../../src/lib/data/crypto/framing.ts';
import { readRecording } from '../../src/lib/data/read-recording.ts';
import type { ReadMarket } from '../../src/lib/data/recording.ts';
import type { Ticks } from '../../src/lib/core/units.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import { NO_TICK } from '../../src/lib/market/tape.ts';
import { diskFile } from '../support/import-desk.ts';
import { filesIn, orSkipped, recordings } from '../support/recordings.ts';

const folder = join(recordings.path, 'crypto/raw');
const paths = orSkipped('raw crypto recordings', folder, filesIn(folder)).filter((path) =>
  basename(path).startsWith('BINANCE')
);

interface Update {
  readonly e?: string;
  readonly s: string;
  readonly u: number;
  readonly b: string;
  readonly B: string;
  readonly a: string;
  readonly A: string;
}

/** By instrument: the ticker as it stood after each depth update, by the number that update ends with. */
function tickers(): ReadonlyMap<string, ReadonlyMap<number, Update>> {
  const all = new Map<string, Update[]>();
  const depths = new Map<string, number[]>();
  for (const path of paths) {
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const json = framed(line.trim())?.json;
      if (json?.startsWith('{"stream"') !== true) continue;
      const { data } = JSON.parse(json) as { readonly data: Update };
      if (data.e === 'bookTicker') all.set(data.s, [...(all.get(data.s) ?? []), data]);
      else if (data.e === 'depthUpdate') depths.set(data.s, [...(depths.get(data.s) ?? []), data.u]);
    }
  }
  return new Map(
    [...depths].map(([symbol, updates]) => {
      const own = (all.get(symbol) ?? []).toSorted((a, b) => a.u - b.u);
      const last = own.at(-1)?.u ?? 0;
      // A ticker comes with each change of the best, so the last at or before an update is the best after it.
      const at = updates
        .filter((u) => u < last)
        .map((u) => [u, own.findLast((one) => one.u <= u)] as const)
        .filter((pair): pair is readonly [number, Update] => pair[1] !== undefined);
      return [symbol, new Map(at)];
    })
  );
}

async function joined(files: readonly string[]): Promise<readonly ReadMarket[]> {
  const { files: arranged, images } = await arrangeFiles(files.map((path) => diskFile(path)));
  const markets: ReadMarket[] = [];
  for (const file of arranged) {
    const work = readRecording(file, {
      breathe: () => Promise.resolve(),
      onProgress: () => undefined,
      onMarket: (market) => {
        markets.push(market);
        return Promise.resolve();
      },
      images
    });
    // A recorder's list of instruments is no recording.
    await work.catch((error: unknown) => {
      expect(error).toMatchObject({ code: expect.stringMatching(/^data\.(?:kind|empty)$/u) as string });
    });
  }
  return markets;
}

/** How often the best of the book after a depth update is what the ticker says. */
function agreement(
  market: ReadMarket,
  ticker: ReadonlyMap<number, Update>
): { readonly same: number; readonly of: number } {
  const { tape, bronze } = market;
  const updates = bronze.text.map((text) => {
    const body = JSON.parse(text) as { readonly data?: Update; readonly lastUpdateId?: number };
    return { image: body.lastUpdateId, update: body.data };
  });
  // What is older than the image it does not say again: the image stands for it.
  const image = updates.find((one) => one.image !== undefined)?.image ?? Number.POSITIVE_INFINITY;
  // Messages of the tape are those that gave rows; the first says that the market is open.
  const books = updates.filter(
    (one) => one.image !== undefined || ['depthUpdate', 'aggTrade', 'trade'].includes(one.update?.e ?? '')
  );
  const state = new MarketState(tape.market);
  const { ladder, lotSize } = tape.market.rules;
  let row = tape.messageStart[1]!;
  let [same, of] = [0, 0];
  let hasImage = false;
  books.forEach(({ image: isImage, update }, message) => {
    hasImage ||= isImage !== undefined;
    const end = tape.messageStart[message + 2] ?? tape.rows;
    for (; row < end; row++) state.apply(tape, row);
    const counts = hasImage && update?.e === 'depthUpdate' && update.u > image;
    const said = counts ? ticker.get(update.u) : undefined;
    if (said === undefined) return;
    of++;
    const { bids, asks, bestBid: bid, bestAsk: ask } = state.books[0]!;
    if (bid === NO_TICK || ask === NO_TICK) return;
    const close = (one: number, text: string): boolean =>
      Math.abs(one - Number(text)) < 1e-9 * Math.max(1, Number(text));
    const isSame =
      close(ladder.priceOf(bid as Ticks), said.b) &&
      close(ladder.priceOf(ask as Ticks), said.a) &&
      close(bids.at(bid) * lotSize, said.B) &&
      close(asks.at(ask) * lotSize, said.A);
    if (isSame) same++;
  });
  return { same, of };
}

describe.skipIf(paths.length === 0)('streams and the order books beside them', () => {
  it('are one recording an instrument, sound throughout, whose best is the venue’s own', async () => {
    const images = paths.flatMap((path) => bookImages(readFileSync(path, 'utf8'), path) ?? []);
    expect(images.length).toBeGreaterThan(0);
    const markets = await joined(paths);
    const said = tickers();
    expect(markets.map(({ tape }) => tape.market.runners[0]?.id).sort()).toEqual([...said.keys()].sort());
    for (const market of markets) {
      const { record } = market;
      expect(record.oddities.filter(({ severity }) => severity !== 'note')).toEqual([]);
      expect(record.damage).toBeUndefined();
      const { same, of } = agreement(market, said.get(market.tape.market.runners[0]!.id)!);
      expect(of).toBeGreaterThan(20);
      expect(same).toBe(of);
    }
  });

  it('without them no book is to be trusted', async () => {
    const alone = await joined(paths.filter((path) => bookImages(readFileSync(path, 'utf8'), path) === undefined));
    expect(alone.length).toBeGreaterThan(0);
    for (const { record } of alone) expect(record.damage).toContain('no order book snapshot');
  });
});
