import { beforeAll, expect, test } from 'vitest';
import { tableFromIPC } from 'apache-arrow';
import { AppError } from '../../core/errors.ts';
import { nodeDuckDb } from '../../../../tests/support/node-duckdb.ts';
import { writeOwn } from './own-tables.ts';

const stored = new Set(['tape', 'markets', 'staged']);
let engine: Awaited<ReturnType<typeof nodeDuckDb>>;
beforeAll(async () => {
  engine = await nodeDuckDb();
  await engine.run(`CREATE SCHEMA store; CREATE TABLE store.tape AS SELECT range AS lots FROM range(10);
CREATE TABLE markets AS SELECT 'a' AS market; CREATE VIEW tape AS SELECT count(lots) AS n FROM store.tape`);
}, 60_000);

const write = async (sql: string): Promise<unknown> =>
  tableFromIPC(await writeOwn(engine, sql, { stored, signal: undefined }))
    .getChildAt(0)
    ?.get(0) as unknown;
const read = async (sql: string): Promise<unknown> => {
  const value: unknown = tableFromIPC(await engine.query(sql, undefined))
    .getChildAt(0)
    ?.get(0);
  return typeof value === 'bigint' ? Number(value) : value;
};

test('tables of one’s own are made of what is stored, changed, read without writing, and dropped', async () => {
  await write('create table mine as select * from tape');
  await write('insert into mine select 5');
  await write('update mine set n = n + 1');
  await write('create view doubled as select 2 * n as n from mine');
  await write('create macro half(x) as x / 2');
  await write('create temp table passing as select 1 as n');
  await write('alter table mine add column word varchar');
  expect(await read('select sum(n)::int from mine')).toBe(17);
  expect(await read('select sum(n)::int from doubled')).toBe(34);
  expect(await read('select half(n)::int from (select 4 as n)')).toBe(2);
  await write('drop view doubled');
  await write('drop table mine');
  await expect(read('select * from mine')).rejects.toThrow();
});

test.each([
  'delete from memory.store.tape',
  'delete from store.tape',
  'delete from "MEMORY"."Store"."Tape"',
  'delete from memory.main.markets',
  'delete from markets',
  'update memory.main.markets set market = null',
  'insert into memory.main.markets values (1)',
  'truncate memory.store.tape',
  'merge into markets using (select 1) on false when not matched then insert values (1)',
  'with a as (select 1) delete from memory.store.tape',
  'explain analyze delete from memory.store.tape',
  'drop schema memory.store cascade',
  'drop schema store cascade',
  'drop view tape',
  'drop table memory.main.markets',
  'alter table memory.store.tape rename to other',
  'create table memory.main.other as select 1',
  'create or replace table memory.store.tape as select 1 as lots',
  'create index i on memory.main.markets (market)',
  'create table tape as select 7 as n',
  'create or replace view markets as select 1',
  'create temp table "Tape" as select 7 as n',
  'create temp view markets as select 7 as n',
  'create table staged as select 1',
  'create schema store',
  'create macro count(x) as 5',
  'create temp macro count(x) as 5'
])('%s changes and hides nothing stored', async (sql) => {
  await expect(write(sql)).rejects.toBeInstanceOf(AppError);
  expect(await read('select n from tape')).toBe(10);
  expect(await write('select market from markets')).toBe('a');
  expect(await read("select count(*) from duckdb_tables() where database_name = 'user_tables'")).toBe(0);
});
