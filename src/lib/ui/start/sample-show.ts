/** One runner of one sample market, played round and round over its last minutes before the off. */
import type { Ladder } from '$lib/market/ladder.ts';
import { tapeTime } from '$lib/market/tape.ts';
import type { Nanos } from '$lib/core/units.ts';
import { NANOS_PER_SECOND } from '$lib/core/units.ts';
import type { MarketRecord } from '$lib/data/records.ts';
import { AppError } from '$lib/core/errors.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import { themeColours, withAlpha } from '../charts/theme-colours.ts';
import { DepthHistory } from '../market/depth-history.ts';
import { Replay } from '../market/replay.ts';

const SPAN_SECONDS = 300;
const COLUMNS = 240;
/** Prices shown to both sides of the last one. */
const TICKS_ROUND = 9;

export class SampleShow {
  readonly name: string;
  readonly runner: string;
  readonly href: string;
  readonly #history: DepthHistory;
  readonly #ladder: Ladder;
  readonly #from: number;
  readonly #to: number;
  readonly #off: number;
  #time: number;

  private constructor(record: MarketRecord, replay: Replay, slot: number) {
    const { tape } = replay;
    this.name = record.name;
    this.#ladder = tape.market.rules.ladder;
    this.runner = tape.market.runners[slot]?.name ?? '';
    this.href = `/markets/${encodeURIComponent(record.dataset)}/${encodeURIComponent(record.id)}`;
    this.#off = tapeTime(tape, record.inPlayMillis ?? record.scheduledMillis);
    this.#to = Math.min(this.#off, replay.messageTime(replay.messages - 1));
    this.#from = Math.max(0, this.#to - 2 * SPAN_SECONDS * NANOS_PER_SECOND);
    this.#time = Math.max(this.#from, this.#to - SPAN_SECONDS * NANOS_PER_SECOND);
    this.#history = new DepthHistory(replay, { slot, spanNanos: SPAN_SECONDS * NANOS_PER_SECOND, columns: COLUMNS });
  }

  /** The sample's first market that can be trained on, and in it the runner with the most trades. */
  static async open(data: Pick<DataApi, 'markets' | 'tape'>, dataset: string): Promise<SampleShow> {
    const markets = await data.markets(dataset);
    const record = markets.find((market) => market.trainable) ?? markets[0];
    if (record === undefined) {
      throw new AppError('data.empty', { subject: dataset, got: 'it holds no market', remedy: 'reload the page' });
    }
    const replay = new Replay(await data.tape(dataset, record.id));
    const state = replay.cursor();
    replay.moveTo(state, replay.messages);
    const traded = state.state.books.map((book) => book.totalTraded);
    return new SampleShow(record, replay, traded.indexOf(Math.max(...traded)));
  }

  get secondsToOff(): number {
    return (this.#off - this.#time) / NANOS_PER_SECOND;
  }

  /** Moves on; from the off back to the beginning. */
  advance(seconds: number): void {
    this.#time += seconds * NANOS_PER_SECOND;
    if (this.#time > this.#to) this.#time = this.#from;
    this.#history.follow(this.#time as Nanos);
  }

  draw(canvas: HTMLCanvasElement): void {
    const context = canvas.getContext('2d');
    if (context === null) return;
    const width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    const height = Math.max(1, Math.round(canvas.clientHeight * devicePixelRatio));
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const colours = themeColours(canvas.parentElement ?? canvas, ['back', 'lay', 'ink', 'panel']);
    context.fillStyle = colours.panel;
    context.fillRect(0, 0, width, height);
    const history = this.#history;
    const newest = Math.floor(this.#time / history.bucketNanos);
    const centre = this.#centre(newest);
    if (!Number.isFinite(centre)) return;
    const lowest = Math.round(centre) - TICKS_ROUND;
    const rows = 2 * TICKS_ROUND + 1;
    const cell = { width: width / COLUMNS, height: height / rows };
    const most = this.#most(newest, lowest, rows);
    for (let column = 0; column < COLUMNS; column++) {
      const from = this.#column(newest - COLUMNS + 1 + column) * history.ticks - history.firstTick;
      for (let row = 0; row < rows; row++) {
        const at = from + lowest + row;
        const bid = history.bids[at] ?? 0;
        const ask = history.asks[at] ?? 0;
        if (bid === 0 && ask === 0) continue;
        const strength = 0.06 + 0.74 * Math.sqrt(Math.min(1, Math.max(bid, ask) / most));
        context.fillStyle = withAlpha(bid > 0 ? colours.back : colours.lay, strength);
        const y = height - (row + 1) * cell.height;
        context.fillRect(column * cell.width, y, cell.width + 0.5, cell.height - devicePixelRatio * 0.5);
      }
    }
    this.#line(context, newest, { lowest, cell, height, colour: colours.ink });
  }

  #line(
    context: CanvasRenderingContext2D,
    newest: number,
    look: { lowest: number; cell: { width: number; height: number }; height: number; colour: string }
  ): void {
    context.beginPath();
    for (let column = 0; column < COLUMNS; column++) {
      const tick = this.#tickOf(newest - COLUMNS + 1 + column);
      if (!Number.isFinite(tick)) continue;
      const y = look.height - (tick - look.lowest + 0.5) * look.cell.height;
      context.lineTo((column + 0.5) * look.cell.width, y);
    }
    context.strokeStyle = look.colour;
    context.lineWidth = 1.4 * devicePixelRatio;
    context.lineJoin = 'round';
    context.stroke();
  }

  #column(bucket: number): number {
    return ((bucket % COLUMNS) + COLUMNS) % COLUMNS;
  }

  #tickOf(bucket: number): number {
    const price = this.#history.lastTraded[this.#column(bucket)] ?? Number.NaN;
    return Number.isFinite(price) ? this.#ladder.tickBelow(price) : Number.NaN;
  }

  /** Mean tick of the span, so that the picture does not jump with every trade. */
  #centre(newest: number): number {
    let sum = 0;
    let known = 0;
    for (let back = 0; back < COLUMNS; back++) {
      const tick = this.#tickOf(newest - back);
      if (!Number.isFinite(tick)) continue;
      sum += tick;
      known++;
    }
    return known === 0 ? Number.NaN : sum / known;
  }

  #most(newest: number, lowest: number, rows: number): number {
    const { bids, asks, ticks, firstTick } = this.#history;
    let most = 1;
    for (let back = 0; back < COLUMNS; back += 8) {
      const from = this.#column(newest - back) * ticks - firstTick + lowest;
      for (let row = 0; row < rows; row++) most = Math.max(most, bids[from + row] ?? 0, asks[from + row] ?? 0);
    }
    return most;
  }
}
