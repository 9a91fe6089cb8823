import { describe, expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { checkReadOnly } from './read-only.ts';
import { isNeeded, scopeOf } from './scope.ts';
import { tokensOf } from './tokens.ts';

const needs = (sql: string, dataset: string, market: string): boolean =>
  isNeeded(scopeOf(tokensOf(sql), 'tape'), dataset, market);

describe('what a query needs of the tape', () => {
  test.each([
    ["select * from tape where market = '1.2'"],
    ["SELECT count(*) FROM Tape t WHERE t.market = '1.2' AND price > 3 GROUP BY slot"],
    ["select * from \"tape\" where dataset = 'a' and market in ('1.2', '1.3')"],
    ["select * from runners r join tape as t on t.slot = r.slot where t.market = '1.2'"],
    ["with x as (select * from tape where market = '1.2') select * from x"],
    ["select * from tape where market = '1.2' union all select * from tape where market = '1.2'"],
    ["select * from tape where (price > 2 or slot = 1) and market = '1.2'"],
    ["select * from tape where market like '1.2%'"],
    ["select * from tape where market ilike '_.2' and slot = 1"],
    ["select * from tape t where t.market like '%.2' and t.market like '1%'"]
  ])('is one market for %s', (sql) => {
    expect(needs(sql, 'a', '1.2')).toBe(true);
    expect(needs(sql, 'a', '1.9')).toBe(false);
  });

  test.each([
    ['select * from tape'],
    ["select * from 'tape'"],
    ["select * from bronze, 'Tape'"],
    ["select * from tape where market = e'1\\x2e2'"],
    ["select * from tape where market = '1.2' or price > 3"],
    ["select * from tape where not market = '1.2'"],
    ["select * from tape where market <> '1.2'"],
    ["select count(*) filter (where market = '1.2') from tape"],
    ["select case when market = '1.2' then 1 end from tape"],
    ["select * from tape where case when market = '1.2' then true else price > 2 end"],
    ["select * from tape where slot between 1 and market = '1.2'"],
    ["select * from tape t join runners r on r.slot = t.slot where market = '1.2'"],
    ["select * from tape t join runners r on r.slot = t.slot where r.market = '1.2'"],
    ["select * from tape where market = '1.2' union all select * from tape"],
    ["select * from (select * from tape) where market = '1.2'"],
    ["select (select count(*) from tape) from markets where market = '1.2'"],
    ["select * from tape where market = '1.2' || ''"],
    ["select * from tape where market in (select '1.2')"],
    ["select * from tape where market not like '1.2%'"],
    ["select * from tape where market like '1.2%' || '%'"],
    ["select * from tape where market like '1.2!%' escape '!'"],
    ["select * from tape where market like '1.2%' or slot = 1"],
    ["select * from tape group by all having market = '1.2'"],
    ["select * from tape -- where market = '1.2'"],
    ["select * from tape /* where market = '1.2' */"]
  ])('is every market for %s', (sql) => {
    expect(needs(sql, 'a', '1.9')).toBe(true);
  });

  test('a pattern is text but for % and _, in its case unless ILIKE asks', () => {
    const like = (pattern: string, dataset: string, word = 'like'): boolean =>
      needs(`select 1 from tape where dataset ${word} '${pattern}'`, dataset, '1.2');
    expect(['a.b', 'axb'].map((name) => like('a.b', name))).toEqual([true, false]);
    expect(['a*', 'aaa', 'a'].map((name) => like('a*', name))).toEqual([true, false, false]);
    expect(['Races 2016', 'races 2016', 'the Races'].map((name) => like('Races%', name))).toEqual([true, false, false]);
    expect(like('races%', 'Races 2016', 'ilike')).toBe(true);
    expect(like('a\\%', 'b')).toBe(true);
    expect(like('k%', '\u212aelvin', 'ilike')).toBe(true);
    expect(['a-b', 'a\\b', 'x\ny', '😀'].map((name) => like('%', name))).toEqual([true, true, true, true]);
    expect(['😀', 'ab'].map((name) => like('_', name))).toEqual([true, false]);
    expect(like('(a|b)[c]{1}+?^$/-', '(a|b)[c]{1}+?^$/-')).toBe(true);
  });

  test.each([["select 'tape'"], ['select * from markets'], ['select tape_length from markets -- tape']])(
    'is nothing for %s',
    (sql) => {
      expect(needs(sql, 'a', '1.2')).toBe(false);
    }
  );
});

describe('reading only', () => {
  test.each([
    ['select 1;'],
    ['WITH a AS (select 1) select * from a'],
    ['(select 1) union (select 2)'],
    ['explain select 1'],
    ['explain analyze select 1'],
    ['show tables'],
    ['describe tape'],
    ["select 'a; drop table b'"]
  ])('%s is let through', (sql) => {
    expect(() => {
      checkReadOnly(tokensOf(sql));
    }).not.toThrow();
  });

  test.each([
    [''],
    ['-- nothing'],
    ['drop table runs'],
    ['select 1; drop table runs'],
    ['with a as (select 1) delete from runs'],
    ['explain analyze delete from runs'],
    ["attach 'x.db'"],
    ['set threads = 4'],
    ["copy runs to 'x'"]
  ])('%s is refused', (sql) => {
    expect(() => {
      checkReadOnly(tokensOf(sql));
    }).toThrow(AppError);
  });
});
