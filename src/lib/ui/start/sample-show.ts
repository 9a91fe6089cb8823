/** One runner of one sample market, played round and round over its last minutes before the off. */
import { tapeTime } from '$lib/market/tape.ts';
import type { MarketRules } from '$lib/market/rules.ts';
import type { Nanos } from '$lib/core/units.ts';
import { NANOS_PER_SECOND } from '$lib/core/units.ts';
import type { MarketRecord } from '$lib/data/records.ts';
import { AppError } from '$lib/core/errors.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import { marketAddress } from '../addresses.ts';
import { DepthHistory } from '../market/depth-history.ts';
import { paint } from '../market/depth-painter.ts';
import { readPalette } from '../market/palette.ts';
import { Replay } from '../market/replay.ts';
import { runnerName } from '../market/runner-name.ts';

const SPAN_NANOS = 240 * NANOS_PER_SECOND;
const COLUMNS = 270;

export class SampleShow {
  readonly name: string;
  readonly runner: string;
  readonly href: string;
  readonly #history: DepthHistory;
  readonly #rules: MarketRules;
  /** The stretch that is played: from where the picture is full to the off. */
  readonly #from: number;
  readonly #off: number;
  #time: number;

  private constructor(record: MarketRecord, replay: Replay, slot: number) {
    const { tape } = replay;
    const runner = tape.market.runners[slot];
    this.name = record.name;
    this.runner = runner === undefined ? '' : runnerName(runner);
    this.href = marketAddress(record.dataset, record.id);
    this.#rules = tape.market.rules;
    this.#off = tapeTime(tape, record.inPlayMillis ?? record.scheduledMillis);
    this.#from = Math.min(this.#off, Math.max(replay.messageTime(0) + SPAN_NANOS, this.#off - 3 * SPAN_NANOS));
    this.#time = this.#from;
    this.#history = new DepthHistory(replay, { slot, spanNanos: SPAN_NANOS, columns: COLUMNS });
  }

  /** The sample's first market that can be trained on, and in it the runner with the most trades. */
  static async open(data: Pick<DataApi, 'markets' | 'tape'>, dataset: string): Promise<SampleShow> {
    const markets = await data.markets(dataset);
    const record = markets.find((market) => market.trainable) ?? markets[0];
    if (record === undefined) {
      throw new AppError('data.empty', { subject: dataset, got: 'it holds no market', remedy: 'reload the page' });
    }
    const replay = new Replay(await data.tape(dataset, record.id));
    const end = replay.cursor();
    replay.moveTo(end, replay.messages);
    const traded = end.state.books.map((book) => book.totalTraded);
    return new SampleShow(record, replay, traded.indexOf(Math.max(...traded)));
  }

  get secondsToOff(): number {
    return (this.#off - this.#time) / NANOS_PER_SECOND;
  }

  /** Moves on; from the off back to the beginning. */
  advance(seconds: number): void {
    this.#time += seconds * NANOS_PER_SECOND;
    if (this.#time > this.#off) this.#time = this.#from;
    this.#history.follow(this.#time as Nanos);
  }

  draw(canvas: HTMLCanvasElement): void {
    const context = canvas.getContext('2d');
    const { clientWidth: width, clientHeight: height, parentElement: host } = canvas;
    if (context === null || host === null || width === 0 || height === 0) return;
    const ratio = devicePixelRatio;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    paint(context, {
      history: this.#history,
      rules: this.#rules,
      palette: readPalette(host),
      width,
      height,
      pixelRatio: ratio,
      time: this.#time,
      font: '11px Inter, sans-serif'
    });
  }
}
