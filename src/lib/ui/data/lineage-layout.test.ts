import { describe, expect, test } from 'vitest';
import type { LineageLayer } from '$lib/data/lineage.ts';
import { lineagePicture } from './lineage-layout.ts';

const layer = (name: string, ...from: string[]): LineageLayer => ({
  kind: 'silver',
  name,
  from,
  markets: 1,
  madeBy: '',
  canRebuild: false
});

const layers = [
  layer('source'),
  layer('bronze', 'source'),
  layer('silver', 'bronze'),
  layer('quality', 'silver'),
  layer('gold', 'silver')
];

describe('the picture of a lineage', () => {
  test.each([1140, 900, 720, 330])(
    'at %d pixels no layer covers another, all are inside, each arrow ends at its layer',
    (width) => {
      const { nodes, arrows, nodeWidth, height } = lineagePicture(layers, width);
      for (const one of nodes) {
        expect(one.left + nodeWidth).toBeLessThanOrEqual(width + 0.5);
        expect(one.top + one.height).toBeLessThanOrEqual(height);
        for (const other of nodes) {
          if (one === other) continue;
          const apart =
            Math.abs(one.left - other.left) >= nodeWidth ||
            (one.top < other.top ? one.top + one.height <= other.top : other.top + other.height <= one.top);
          expect(apart, `${one.layer.name} and ${other.layer.name}`).toBe(true);
        }
      }
      expect(arrows.map(({ from, to }) => `${from}>${to}`)).toEqual([
        'source>bronze',
        'bronze>silver',
        'silver>quality',
        'silver>gold'
      ]);
    }
  );

  test('layers made of the same one stand under each other where it is wide', () => {
    const { nodes } = lineagePicture(layers, 1140);
    expect(nodes[3]?.left).toBe(nodes[4]?.left);
    expect(nodes.slice(0, 4).map(({ top }) => top)).toEqual([0, 0, 0, 0]);
    expect(nodes[4]?.top).toBeGreaterThan(0);
  });
});
