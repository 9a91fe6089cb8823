import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from './digest.ts';
import { AppError, asAppError, fromWire, toWire } from './errors.ts';
import { actionSize } from './spaces.ts';
import { lots, nanos, seed, ticks } from './units.ts';

describe('an AppError', () => {
  const error = new AppError('data.sequence', {
    subject: 'market 1.179',
    expected: 'clk to go on from AL2',
    got: 'AL1',
    remedy: 're-import the file',
    cause: new Error('inner')
  });
  it('says subject, expected, got and remedy', () => {
    expect(error.message).toBe('market 1.179: expected clk to go on from AL2, got AL1; re-import the file');
  });
  it('keeps its code and parts as plain data and back', () => {
    const wire = structuredClone(toWire(error));
    const back = fromWire(wire);
    expect(back).toBeInstanceOf(AppError);
    expect(back).toMatchObject({ code: 'data.sequence', message: error.message, expected: error.expected });
    expect(wire.cause).toBe('inner');
  });
  it('is made of anything thrown, and never wrapped twice', () => {
    expect(asAppError(error, 'x')).toBe(error);
    expect(asAppError(new DOMException('stop', 'AbortError'), 'import').code).toBe('aborted');
    expect(asAppError(new DOMException('full', 'QuotaExceededError'), 'import').code).toBe('storage.full');
    expect(asAppError(new TypeError('x is undefined'), 'import')).toMatchObject({
      code: 'unexpected',
      got: 'x is undefined'
    });
    expect(asAppError('text', 'import').got).toBe('text');
  });
});

describe('digests', () => {
  it('do not depend on the order of keys, at any depth', async () => {
    const a = canonicalJson({ b: 1, a: { d: [1, { f: 1, e: 2 }], c: 'x' }, z: undefined });
    const b = canonicalJson({ a: { c: 'x', d: [1, { e: 2, f: 1 }] }, b: 1 });
    expect(a).toBe(b);
    expect(await sha256Hex(a)).toBe(await sha256Hex(b));
  });
  it('are those of SHA-256 (FIPS 180-4, "abc")', async () => {
    expect(await sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('units', () => {
  it('refuse what is not a whole number', () => {
    expect(() => ticks(1.5)).toThrow('ticks: expected a whole number, got 1.5');
    expect(() => lots(Number.NaN)).toThrow('lots');
    expect(() => nanos(2 ** 60)).toThrow('nanos');
    expect(() => seed(-1)).toThrow('seed');
  });
});

describe('spaces', () => {
  it('know how many numbers an action takes', () => {
    expect(actionSize({ kind: 'box', size: 6, low: -1, high: 1 })).toBe(6);
    expect(actionSize({ kind: 'discrete', n: 4 })).toBe(1);
    expect(actionSize({ kind: 'multiDiscrete', n: [3, 5] })).toBe(2);
  });
});
