/** A market being looked at: the moment, the runner, and how fast time goes. Markup only shows it. */
import type { Nanos } from '$lib/core/units.ts';
import { epochMillis } from '$lib/market/tape.ts';
import type { Tape } from '$lib/market/tape.ts';
import { outlineMarket } from './market-outline.ts';
import type { MarketOutline } from './market-outline.ts';
import type { Cursor, Replay } from './replay.ts';

export const SPEEDS = [1, 5, 20, 60, 200, 1000] as const;
/** Spans of the depth chart, in minutes. */
export const SPANS = [0.25, 1, 5, 30, 120] as const;
const USUAL_SPAN = 5;
const TELL_EVERY_MILLIS = 1000;

/** The shortest that holds a recording so long, the usual one at most. */
export const spanFor = (nanos: number): number =>
  SPANS.find((minutes) => minutes * 60e9 >= nanos || minutes === USUAL_SPAN) ?? USUAL_SPAN;

export class MarketPlayer {
  readonly tape: Tape;
  readonly outline: MarketOutline;
  readonly replay: Replay;
  readonly #cursor: Cursor;
  /** Bumped after every move: what reads the books reads this first. */
  version = $state(0);
  /** As `version`, but while time goes bumped once a second: what is read a line at a time reads this. */
  toldVersion = $state(0);
  time = $state(0 as Nanos);
  playing = $state(false);
  speed = $state<number>(20);
  slot = $state(0);
  spanMinutes = $state<number>(USUAL_SPAN);
  #frame = 0;

  constructor(
    tape: Tape,
    start: { readonly secondsFromOff?: number | undefined; readonly runner?: string | undefined } = {}
  ) {
    this.tape = tape;
    this.outline = outlineMarket(tape);
    this.replay = this.outline.replay;
    this.spanMinutes = spanFor(this.outline.last - this.outline.first);
    this.#cursor = this.replay.cursor();
    const wanted = tape.market.runners.findIndex((runner) => runner.id === start.runner);
    const { secondsFromOff } = start;
    const { first, last, off, hasMoment } = this.outline;
    // Where nothing starts or closes the middle has a past to look at; its first message may be an empty book.
    const usual = hasMoment ? off - 300e9 : (first + last) / 2;
    this.seek((secondsFromOff === undefined ? usual : off + secondsFromOff * 1e9) as Nanos);
    this.slot = wanted >= 0 ? wanted : this.#busiest();
  }

  /** One look at the market: there is nothing to replay. */
  get still(): boolean {
    return this.replay.messages <= 1;
  }

  get state() {
    return this.#cursor.state;
  }

  /** Messages taken in so far. */
  get message(): number {
    return this.#cursor.message;
  }

  /** Below zero before the off. */
  get secondsFromOff(): number {
    return (this.time - this.outline.off) / 1e9;
  }

  get epochMillis(): number {
    return epochMillis(this.tape, this.time);
  }

  seek(time: Nanos): void {
    const { first, last } = this.outline;
    this.time = Math.round(Math.max(first, Math.min(last, time))) as Nanos;
    this.replay.seek(this.#cursor, this.time);
    this.#moved();
  }

  /** On or back by messages; time stands at the last one taken in. */
  step(by: number): void {
    this.pause();
    const message = Math.max(1, Math.min(this.replay.messages, this.#cursor.message + by));
    this.seek(this.replay.messageTime(message - 1));
    if (this.#cursor.message !== message) {
      this.replay.moveTo(this.#cursor, message);
      this.#moved();
    }
  }

  /** On or back by seconds of the market's time. */
  skip(seconds: number): void {
    this.seek((this.time + seconds * 1e9) as Nanos);
  }

  /** To what happened next, or last before now; stays where nothing did. */
  toEvent(which: 'next' | 'previous'): void {
    const { events } = this.outline;
    const event =
      which === 'next' ? events.find((one) => one.time > this.time) : events.findLast((one) => one.time < this.time);
    if (event !== undefined) this.seek(event.time);
  }

  jumpToOff(): void {
    this.seek(this.outline.off);
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  play(): void {
    if (this.playing) return;
    if (this.time >= this.outline.last) this.seek(this.outline.first);
    this.playing = true;
    let before = performance.now();
    let told = before;
    const next = (now: number): void => {
      // A tab that was hidden does not leap ahead by the time it was away.
      const millis = Math.min(100, now - before);
      before = now;
      this.seek((this.time + millis * 1e6 * this.speed) as Nanos);
      if (now - told >= TELL_EVERY_MILLIS) {
        told = now;
        this.toldVersion++;
      }
      if (this.time >= this.outline.last) this.pause();
      else if (this.playing) this.#frame = requestAnimationFrame(next);
    };
    this.#frame = requestAnimationFrame(next);
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    this.toldVersion++;
    cancelAnimationFrame(this.#frame);
  }

  #moved(): void {
    this.version++;
    if (!this.playing) this.toldVersion++;
  }

  #busiest(): number {
    const traded = this.state.books.map((book, slot) => (this.state.removed[slot] === 1 ? -1 : book.totalTraded));
    return Math.max(0, traded.indexOf(Math.max(...traded)));
  }
}
