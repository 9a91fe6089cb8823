/** What a market's tape looks like from afar: its events, how busy it was when, each runner's price line. Pure. */
import { MarketStatus, NO_SLOT, RowKind } from '$lib/market/tape.ts';
import type { Tape } from '$lib/market/tape.ts';
import type { Nanos } from '$lib/core/units.ts';
import { Replay } from './replay.ts';
import { runnerName } from './runner-name.ts';

export interface TapeEvent {
  readonly time: Nanos;
  readonly kind: 'removal' | 'suspended' | 'open' | 'inPlay' | 'closed' | 'scheduled';
  readonly text: string;
}

export interface MarketOutline {
  readonly replay: Replay;
  readonly events: readonly TapeEvent[];
  readonly first: Nanos;
  readonly last: Nanos;
  /** Time the market turned in play, or its scheduled start or close; the end of what trades without either. */
  readonly off: Nanos;
  /** Whether `off` is a moment of the market, not just the end of what was recorded. */
  readonly hasMoment: boolean;
  readonly turnedInPlay: boolean;
}

/** Brief suspensions in a row (goals, going in play) say the same thing once: a mark stands for this long. */
const MERGE_NANOS = 20e9;

function eventsOfMessage(tape: Tape, message: number, before: { status: number; inPlay: boolean }): TapeEvent[] {
  const events: TapeEvent[] = [];
  const end = tape.messageStart[message + 1]!;
  for (let row = tape.messageStart[message]!; row < end; row++) {
    const kind = tape.kind[row]!;
    const time = tape.exchange[row]! as Nanos;
    if (kind === RowKind.removal) {
      const runner = tape.market.runners[tape.slot[row]!];
      events.push({ time, kind: 'removal', text: `${runner === undefined ? 'A runner' : runnerName(runner)} removed` });
    } else if (kind === RowKind.inPlay && tape.lots[row] === 1 && !before.inPlay) {
      events.push({ time, kind: 'inPlay', text: 'In play' });
    } else if (kind === RowKind.status && tape.slot[row] === NO_SLOT && tape.lots[row] !== before.status) {
      const to = tape.lots[row];
      if (to === MarketStatus.suspended) events.push({ time, kind: 'suspended', text: 'Suspended' });
      if (to === MarketStatus.closed) events.push({ time, kind: 'closed', text: 'Closed' });
      if (to === MarketStatus.open && before.status === MarketStatus.suspended) {
        events.push({ time, kind: 'open', text: 'Open again' });
      }
    }
  }
  return events;
}

export function outlineMarket(tape: Tape): MarketOutline {
  const events: TapeEvent[] = [];
  const replay = new Replay(tape, (message, state) => {
    for (const event of eventsOfMessage(tape, message, state)) {
      const same = events.findLast((each) => each.kind === event.kind);
      const repeats = event.kind !== 'removal' && same !== undefined && event.time - same.time < MERGE_NANOS;
      if (!repeats) events.push(event);
    }
  });
  const first = (tape.rows === 0 ? 0 : tape.exchange[0]!) as Nanos;
  const last = (tape.rows === 0 ? 0 : tape.exchange[tape.rows - 1]!) as Nanos;
  const inPlay = events.find((event) => event.kind === 'inPlay');
  const scheduled = Math.round((tape.market.scheduledMillis - Number(tape.startEpochNanos / 1000000n)) * 1e6);
  const held = tape.market.scheduledMillis > 0 ? Math.min(last, Math.max(first, scheduled)) : last;
  const off = inPlay?.time ?? (held as Nanos);
  if (inPlay === undefined && scheduled >= first && scheduled <= last) {
    events.push({
      time: off,
      kind: 'scheduled',
      text: `Scheduled ${tape.market.rules.settlement.kind === 'yesNo' ? 'close' : 'start'}`
    });
  }
  const hasMoment = inPlay !== undefined || tape.market.scheduledMillis > 0;
  return { replay, events, first, last, off, hasMoment, turnedInPlay: inPlay !== undefined };
}

/** Messages in each of `bins` equal parts of a span. */
export function messageCounts(replay: Replay, from: Nanos, to: Nanos, bins: number): Uint32Array {
  const counts = new Uint32Array(bins);
  if (!(to > from)) return counts;
  const end = replay.messagesUntil(to);
  for (let message = replay.messagesUntil((from - 1) as Nanos); message < end; message++) {
    const bin = Math.floor(((replay.messageTime(message) - from) / (to - from)) * bins);
    counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return counts;
}
