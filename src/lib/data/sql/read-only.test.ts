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
    'create or replace view v as select * from mine',
    'insert into mine select * from markets',
    'update mine set a = 1',
    'delete from mine',
    'drop table if exists mine'
  ])
    expect(writes(sql), sql).not.toThrow();
});

test('with writing allowed, too, nothing leaves the tab and one statement is one', () => {
  for (const sql of [
    "copy mine to 'file.csv'",
    "attach 'a.db'",
    'install httpfs',
    'set enable_external_access = true',
    'begin',
    'commit',
    'use memory',
    'detach user_tables',
    'select 1; drop view tape',
    'create view v as select * from tape',
    "create macro m() as table select * from 'Tape'"
  ])
    expect(writes(sql), sql).toThrow();
});

test('no second statement hides where DuckDB ends a text or a comment earlier', () => {
  for (const sql of [
    "select e'\\'' ; drop view tape; --'",
    'select 1 --\r; drop view tape',
    "select $é$ ' $é$; drop view tape --'",
    "select 1 /* /* */ ' */ ; drop view tape; -- '"
  ]) {
    expect(reads(sql), sql).toThrow(/more than one statement/);
    expect(writes(sql), sql).toThrow(/more than one statement/);
  }
  expect(reads("select e'it\\'s; one', /* ; /* */ ; */ 2 -- ; three")).not.toThrow();
});

test('tables named in a text are refused: they would not be loaded', () => {
  for (const sql of [
    "select * from query('select count(*) from tape')",
    "select * from query_table('tape')",
    `select * from "Query_Table" ('tape')`,
    "select * from system.main.query ('from tape')",
    "select * from query_table(['tape', 'bronze'])"
  ]) {
    expect(reads(sql), sql).toThrow(/would not be loaded/);
    expect(writes(sql), sql).toThrow(/would not be loaded/);
  }
  expect(reads('select query, query_table from saved')).not.toThrow();
});
