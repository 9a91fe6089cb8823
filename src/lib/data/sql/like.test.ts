/** Patterns as DuckDB itself takes them: what it finds must be among what is loaded for it. */
import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { nodeDuckDb } from '../../../../tests/support/node-duckdb.ts';
import { isNeeded, scopeOf } from './scope.ts';
import { tokensOf } from './tokens.ts';

const PARTS = ['a', 'A', 'b', '.', '*', '\\', '-', '1', ' ', 'ß', 'ẞ', 'K', '\u212a', 'ı', '😀', '\n'];

test('whatever LIKE and ILIKE find is loaded', { timeout: 60_000 }, async () => {
  const engine = await nodeDuckDb();
  let seed = 7;
  const next = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const text = (parts: readonly string[]): string =>
    Array.from({ length: 1 + next(4) }, () => parts[next(parts.length)]!).join('');
  const names = Array.from({ length: 60 }, () => text(PARTS));
  let narrowed = 0;
  for (let round = 0; round < 100; round++) {
    const pattern = text([...PARTS, '%', '_', '%']);
    const operator = round % 2 === 0 ? 'like' : 'ilike';
    const scope = scopeOf(tokensOf(`select 1 from tape where dataset ${operator} '${pattern}'`), 'tape');
    const values = names.map((name) => `('${name}')`).join(', ');
    const found = tableFromIPC(
      await engine.query(`select name from (values ${values}) t(name) where name ${operator} '${pattern}'`, undefined)
    );
    const hits = new Set<unknown>(found.getChild('name')?.toArray() as Iterable<unknown>);
    const needed = names.filter((name) => isNeeded(scope, name, '1.1'));
    const lost = names.filter((name) => hits.has(name) && !needed.includes(name));
    expect(lost, `${operator} ${JSON.stringify(pattern)}`).toEqual([]);
    narrowed += names.length - needed.length;
  }
  engine.end();
  expect(narrowed).toBeGreaterThan(1000);
});
