import { expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import { SAMPLE_MARKETS, sampleTape } from './sample-markets.ts';

/**
 * Results, links and checkpoints rest on the sample: a simulator that is made faster or richer must still make these
 * bits. Who means to change them ships another sample (`npm run sample`), says so, and only then changes this.
 */
const SAMPLE_DIGEST = '2c8ffe2439738ee81f8d67ca08453a37de4c5754c238218ec6861d916c8c11ca';

it('makes every market of the sample to the bit as it was shipped', async () => {
  const digest = createHash('sha256');
  for (let index = 0; index < SAMPLE_MARKETS; index++) {
    const tape = await sampleTape(index);
    for (const column of ['exchange', 'received', 'kind', 'slot', 'tick', 'lots', 'messageStart'] as const) {
      const { buffer, byteOffset, byteLength } = tape[column];
      digest.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
    digest.update(tape.market.fingerprint);
  }
  expect(digest.digest('hex')).toBe(SAMPLE_DIGEST);
});
