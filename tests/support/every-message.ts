/**
 * A tape in which every message has a row. Ours leaves out what changes nothing, times included; simulators that make
 * one book a message let strategies act on those too, and date matches by them.
 */
import { NANOS_PER_MILLI } from '../../src/lib/core/units.ts';
import type { Nanos } from '../../src/lib/core/units.ts';
import { TapeBuilder } from '../../src/lib/market/tape-builder.ts';
import { NO_SLOT, NO_TICK, RowKind, messageCount } from '../../src/lib/market/tape.ts';
import type { Tape } from '../../src/lib/market/tape.ts';

/** @param publishMillis of each message, milliseconds since the epoch */
export function everyMessage(tape: Tape, publishMillis: Float64Array): Tape {
  const builder = new TapeBuilder(tape.startEpochNanos);
  const startMillis = Number(tape.startEpochNanos / BigInt(NANOS_PER_MILLI));
  let time = 0;
  let betDelay = 0;
  for (let message = 0; message < messageCount(tape); message++) {
    time = Math.max(time, (publishMillis[message]! - startMillis) * NANOS_PER_MILLI);
    builder.message(time as Nanos);
    const end = tape.messageStart[message + 1]!;
    for (let row = tape.messageStart[message]!; row < end; row++) {
      const kind = tape.kind[row]! as RowKind;
      const lots = tape.lots[row]!;
      if (kind === RowKind.betDelay) betDelay = lots;
      builder.row(kind, tape.slot[row]!, tape.tick[row]!, lots);
    }
    // Says again what holds.
    if (tape.messageStart[message] === end) builder.row(RowKind.betDelay, NO_SLOT, NO_TICK, betDelay);
  }
  return builder.build(tape.market, { shared: false });
}
