import { expect, test } from 'vitest';
import { spanFor } from './market-player.svelte.ts';

test('a recording is shown over a span that it fills, five minutes at most', () => {
  expect([0, 11e9, 15e9, 40e9, 90e9, 300e9, 3600e9].map(spanFor)).toEqual([0.25, 0.25, 0.25, 1, 5, 5, 5]);
});
