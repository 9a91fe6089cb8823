import { expect, test } from 'vitest';
import { whyUntrainable } from './import-words.ts';

test('markets that cannot be trained on are told by reason, the commonest first', () => {
  const markets = [
    { id: '1.1', trainable: false, reason: 'it holds candles' },
    { id: '1.2', trainable: true },
    { id: '1.3', trainable: false, reason: 'it has no start' },
    { id: '1.4', trainable: false, reason: 'it has no start' }
  ];
  expect(whyUntrainable(markets)).toEqual([
    { reason: 'it has no start', markets: ['1.3', '1.4'] },
    { reason: 'it holds candles', markets: ['1.1'] }
  ]);
  expect(whyUntrainable([{ id: '1.2', trainable: true }])).toEqual([]);
});
