import { describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { runId, runName } from './run-name.ts';
import { compareClaim, makeClaim } from './run-record.ts';
import type { EvaluationReport, RunRecord } from './types.ts';

const report = (mean: number, digest: string): EvaluationReport => ({
  updates: 400,
  heldOut: true,
  markets: ['1.1', '1.2'],
  confidencePercent: 95,
  policies: [
    {
      policy: 'agent',
      episodes: 2,
      metrics: { return: { mean, low: mean - 1, high: mean + 1 } },
      columns: [],
      rows: []
    },
    { policy: 'random', episodes: 2, metrics: { return: { mean: -9, low: -9, high: -9 } }, columns: [], rows: [] }
  ],
  digest
});

const record = (evaluation: EvaluationReport | undefined, rest: Partial<RunRecord> = {}): RunRecord => ({
  id: 'r1',
  name: 'quiet-bay-17',
  configHash: 'config',
  configYaml: 'version: 1',
  dataFingerprint: 'data',
  dataset: 'sample',
  synthetic: true,
  codeVersion: 'abc',
  createdMillis: 0,
  updatedMillis: 0,
  state: 'finished',
  updates: 400,
  environmentSteps: 4000,
  device: 'WebAssembly SIMD',
  trainMarkets: ['1.0'],
  heldOutMarkets: ['1.1', '1.2'],
  ...(evaluation === undefined ? {} : { evaluation }),
  ...rest
});

describe('a claim', () => {
  const claim = makeClaim(record(report(5, 'digest')));

  it('is borne out bit for bit by the same digest', () => {
    expect(compareClaim(claim, record(report(5, 'digest'))).verdict).toBe('reproduced');
  });

  it('is consistent with another run whose intervals overlap its own', () => {
    const comparison = compareClaim(claim, record(report(6.5, 'other')));
    expect(comparison.verdict).toBe('consistent');
    expect(comparison.figures.find((figure) => figure.policy === 'agent')).toMatchObject({ overlaps: true });
  });

  it('is contradicted by one whose intervals lie apart, and says which', () => {
    const comparison = compareClaim(claim, record(report(8, 'other')));
    expect(comparison.verdict).toBe('differs');
    expect(comparison.why).toContain('return');
  });

  it('cannot be compared over another configuration or other data, even with the same digest', () => {
    expect(compareClaim(claim, record(report(5, 'digest'), { configHash: 'x' })).verdict).toBe('differs');
    expect(compareClaim(claim, record(report(5, 'digest'), { dataFingerprint: 'x' })).verdict).toBe('differs');
  });

  it('waits for an evaluation, and is not made without one', () => {
    expect(compareClaim(claim, record(undefined)).verdict).toBe('pending');
    expect(() => makeClaim(record(undefined))).toThrow(/quiet-bay-17: expected an evaluation/);
  });
});

describe('a run', () => {
  it('has an id of its own and a name made from it', () => {
    const random = new Random(seed(1));
    const ids = new Set(Array.from({ length: 500 }, () => runId(random)));
    expect(ids.size).toBe(500);
    for (const id of ids) expect(runName(id)).toMatch(/^[a-z]+-[a-z]+-\d{1,2}$/);
    expect(new Set([...ids].map(runName)).size).toBeGreaterThan(480);
    expect(runName('r1')).toBe(runName('r1'));
  });
});
