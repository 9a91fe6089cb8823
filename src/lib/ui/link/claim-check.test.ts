import { describe, expect, it } from 'vitest';
import type { DatasetRecord } from '$lib/data/records.ts';
import type { RunClaim } from '$lib/research/types.ts';
import { codeDifference, matchData } from './claim-check.ts';

const dataset = (name: string, fingerprint: string, origin: DatasetRecord['origin'] = 'import'): DatasetRecord =>
  ({ name, fingerprint, origin, synthetic: origin === 'sample' }) as DatasetRecord;
const claim = (name: string, fingerprint: string): RunClaim =>
  ({ dataset: name, dataFingerprint: fingerprint }) as RunClaim;

describe('whether the data of a claim are here', () => {
  const here = [dataset('Sample markets', 'aa', 'sample'), dataset('november', 'bb')];

  it('finds them by content, under whatever name they have here', () => {
    expect(matchData(claim('theirs', 'bb'), here, true)).toEqual({
      kind: 'here',
      dataset: 'november',
      synthetic: false
    });
  });

  it('tells other data of the same name from no data', () => {
    expect(matchData(claim('november', 'cc'), here, true)).toEqual({ kind: 'other', dataset: 'november' });
    expect(matchData(claim('sample', 'cc'), here, true)).toEqual({ kind: 'other', dataset: 'Sample markets' });
    expect(matchData(claim('december', 'cc'), here, true)).toEqual({ kind: 'missing' });
  });

  it('needs none for a classic environment', () => {
    expect(matchData(claim('sample', ''), [], false)).toEqual({ kind: 'none-needed' });
  });
});

it('names both code versions when they differ, and nothing when they do not', () => {
  expect(codeDifference('abc', 'abc')).toBeUndefined();
  expect(codeDifference('abc', 'def')).toMatch(/abc.*def/);
});
