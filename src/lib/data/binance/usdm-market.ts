/** A recorded USD-M stream as an import takes it: one market, its tape, its messages as they came. */
import { epochMillis } from '../../market/tape.ts';
import type { Nanos } from '../../core/units.ts';
import { recordOfTape } from '../market-record.ts';
import type { ReadMarket } from '../recording.ts';
import type { UsdmStreamReader } from './usdm-stream.ts';

/** @throws what `UsdmStreamReader.end` throws */
export function usdmMarket(reader: UsdmStreamReader, fingerprint: string): ReadMarket {
  const { tape } = reader.end({ fingerprint, shared: false });
  const record = recordOfTape(tape, '');
  const { damage } = reader;
  const reason = damage === undefined ? 'it has no start to trade before' : `its book cannot be trusted: ${damage}`;
  return {
    record: {
      ...record,
      messages: reader.messages,
      lastMillis: epochMillis(tape, tape.received[tape.rows - 1]! as Nanos),
      // Episodes are of races.
      trainable: false,
      reason,
      ...(damage === undefined ? {} : { damage }),
      oddities: reader.oddities
    },
    tape,
    bronze: reader.texts()
  };
}
