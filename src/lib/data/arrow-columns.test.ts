import { beforeAll, describe, expect, test } from 'vitest';
import { nodeDuckDb } from '../../../tests/support/node-duckdb.ts';
import { decodeResult, openResult } from './arrow-columns.ts';

let engine: Awaited<ReturnType<typeof nodeDuckDb>>;
beforeAll(async () => {
  engine = await nodeDuckDb();
}, 60_000);

const valueOf = async (expression: string): Promise<unknown> =>
  decodeResult(await engine.query(`select ${expression} as x`, undefined)).values[0]?.[0];

describe('numbers', () => {
  test.each([
    ['sum(1) from range(250)', 250],
    ['sum(-1) from range(250)', -250],
    ['sum(0)', 0],
    ['(-5)::decimal(10,0)', -5],
    ['9007199254740993::hugeint', '9007199254740993'],
    ["'-170141183460469231731687303715884105728'::hugeint", '-170141183460469231731687303715884105728'],
    ['10::uhugeint', 10],
    ["'340282366920938463463374607431768211455'::uhugeint", '340282366920938463463374607431768211455'],
    ['-1.25::decimal(10,2)', -1.25],
    ['0.07::decimal(38,20)', 0.07],
    ['-0.01::decimal(4,2)', -0.01],
    ['1000.00::decimal(18,2)', 1000],
    ['12345678901234567.89::decimal(38,2)', '12345678901234567.89'],
    ['-12345678901234567.80::decimal(38,2)', '-12345678901234567.8'],
    ['9223372036854775807', '9223372036854775807'],
    ['null::hugeint', undefined]
  ])('%s', async (expression, value) => {
    expect(await valueOf(expression)).toBe(value);
    const view = openResult(await engine.query(`select ${expression} as x`, undefined));
    expect(view.columns[0]?.type).toBe('number');
  });
});

describe('what is no number reads as DuckDB prints it', () => {
  test.each([
    "interval '2 months'",
    "interval '14 months 3 days 04:05:06.5'",
    "interval '-3.5 seconds'",
    "interval '1 day'",
    "interval '0 days'",
    "interval '50 hours'",
    "time '10:00:00'",
    "time '23:59:59.000001'",
    "'a'::blob",
    "'a\\x00\\xFFz'::blob",
    'null::interval'
  ])('%s', async (expression) => {
    const printed = decodeResult(await engine.query(`select (${expression})::varchar as x`, undefined)).values[0]?.[0];
    expect(await valueOf(expression)).toBe(printed);
  });

  test('lists, structs and maps are JSON of such values', async () => {
    expect(await valueOf('[1.50::decimal(10,2), null]')).toBe('[1.5,null]');
    expect(await valueOf('[sum(1)::hugeint] from range(3)')).toBe('[3]');
    expect(await valueOf("{'a': interval '1 day', 'b': time '10:00:00', 'c': [1, 2]}")).toBe(
      '{"a":"1 day","b":"10:00:00","c":[1,2]}'
    );
    expect(await valueOf("map{'k': 9007199254740993}")).toBe('{"k":"9007199254740993"}');
    expect(await valueOf("[timestamp '2020-01-01 00:00:00']")).toBe('["2020-01-01T00:00:00.000Z"]');
  });
});
