import { fc, test as property } from '@fast-check/vitest';
import { tableFromIPC } from 'apache-arrow';
import { beforeAll, describe, expect, it } from 'vitest';
import { bronzeIpc, bronzeToParquet } from '../parquet/bronze.ts';
import { loadParquetInNode } from '../parquet/load-node.ts';
import { TextLog } from './text-log.ts';

beforeAll(loadParquetInNode);

const encoder = new TextEncoder();

/** Each text is appended in two pieces. */
function logOf(texts: readonly string[]): TextLog {
  const log = new TextLog();
  for (const text of texts) {
    const bytes = encoder.encode(text);
    log.append(bytes, 0, bytes.length >> 1);
    log.append(bytes, bytes.length >> 1, bytes.length);
    log.endText();
  }
  return log;
}

async function stored(log: TextLog): Promise<unknown[]> {
  const published = Float64Array.from({ length: log.count }, (_, i) => 1.7e12 + i / 4);
  const packed = log.packed();
  const bytes = bronzeToParquet({ published, received: published, text: log.texts(), packed });
  const table = tableFromIPC(await bronzeIpc('a', bytes));
  expect(table.getChild('published')?.toArray()).toEqual(
    BigInt64Array.from(published, (millis) => BigInt(Math.round(millis * 1000)))
  );
  return Array.from(table.getChild('text') ?? [], (text: unknown) => text);
}

describe('texts of messages', () => {
  property.prop([fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 300 }), { minLength: 1, maxLength: 60 })])(
    'are kept as they came, and never become strings on their way to bronze',
    async (texts) => {
      const log = logOf(texts);
      expect(log.packed()?.ends).toHaveLength(texts.length);
      expect(log.texts()).toEqual(texts);
      expect(await stored(log)).toEqual(texts);
    }
  );

  it('are decoded where they hold more than ASCII: what is no UTF-8 is mended', async () => {
    const log = logOf(['{"name":"Kärnten"}', '{}']);
    expect(log.packed()).toBeUndefined();
    expect(await stored(log)).toEqual(['{"name":"Kärnten"}', '{}']);
    log.append(Uint8Array.of(0x41, 0xff, 0x42), 0, 3);
    log.endText();
    expect((await stored(log)).at(-1)).toBe('A\ufffdB');
  });
});
