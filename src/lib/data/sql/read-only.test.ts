import { expect, test } from 'vitest';
import { checkReadOnly, checkWrites } from './read-only.ts';
import { tokensOf } from './tokens.ts';

const stored = new Set(['tape', 'markets']);
const reads = (sql: string) => (): void => {
  checkReadOnly(tokensOf(sql));
};
const writes = (sql: string) => (): void => {
  checkWrites(tokensOf(sql), stored);
};

test('what only reads passes, with writing allowed or not', () => {
  for (const sql of [
    'select 1',
    'with a as (select 1) from a',
    'explain analyze select * from tape',
    'describe tape;'
  ]) {
    if (!sql.includes(' from a')) expect(reads(sql), sql).not.toThrow();
    expect(writes(sql), sql).not.toThrow();
  }
});

test('without writing allowed, nothing is made', () => {
  for (const sql of [
    'create table a as select 1',
    'explain analyze delete from a',
    'with a as (select 1) delete from b'
  ])
    expect(reads(sql), sql).toThrow(/only reads/);
});

test('with writing allowed, tables of one’s own are made and changed', () => {
  for (const sql of [
    'create table mine as select * from tape',
    'create or replace view if not exists v as select * from markets',
    'insert into mine select * from markets',
    'update mine set a = 1',
    'delete from mine',
    'drop table if exists mine'
  ])
    expect(writes(sql), sql).not.toThrow();
});

test('what is stored is never written, and nothing leaves the tab', () => {
  for (const sql of [
    'drop view tape',
    'create or replace view markets as select 1',
    'insert into "Tape" values (1)',
    'delete from store.tape',
    'update main.markets set a = 1',
    'with a as (select 1) delete from markets',
    'explain analyze delete from tape',
    "copy mine to 'file.csv'",
    "attach 'a.db'",
    'install httpfs',
    'set enable_external_access = true',
    'select 1; drop view tape'
  ])
    expect(writes(sql), sql).toThrow();
});
