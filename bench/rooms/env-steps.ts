/** `AUPreOffV7TradeCost` on recorded markets, where they are present: steps a second, resets, memory. */
import * as v from 'valibot';
import { EnvSchema } from '../../src/lib/config/run-config.ts';
import { timelineOf } from '../../src/lib/env/market/timeline.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { fileAt, readStream } from '../../tests/support/read-stream.ts';
import { betfairStreams } from '../../tests/support/recordings.ts';
import type { Figure } from '../figure.ts';
import { marketStepping } from '../market-stepping.ts';

export async function* figures(): AsyncGenerator<Figure> {
  yield* marketStepping('recorded markets', await playableRecordings());
}

/** Races with a full ladder: what the environment is for. */
async function playableRecordings(): Promise<Tape[]> {
  const config = v.parse(EnvSchema, { id: 'AUPreOffV7TradeCost' });
  const playable: Tape[] = [];
  for (const path of betfairStreams()) {
    const { markets } = await readStream(fileAt(path), { keepTexts: false });
    for (const market of markets) {
      const tape = market.finish({ fingerprint: '', shared: false });
      if (config.id !== 'AUPreOffV7TradeCost' || tape.rows < 10_000) continue;
      if ((timelineOf(tape, config)?.steps ?? 0) > 60) playable.push(tape);
    }
  }
  return playable;
}
