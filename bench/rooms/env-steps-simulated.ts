/** `AUPreOffV7TradeCost` on recordings of simulated markets: steps a second, resets, memory. */
import { sampleTape } from '../../src/lib/env/simulator/sample-markets.ts';
import type { Figure } from '../figure.ts';
import { marketStepping } from '../market-stepping.ts';

export async function* figures(): AsyncGenerator<Figure> {
  const tapes = await Promise.all(Array.from({ length: 8 }, (_, index) => sampleTape(index)));
  yield* marketStepping('simulated markets', tapes);
}
