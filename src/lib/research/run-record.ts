/** What a finished run claims, and whether another run bears it out. */
import { AppError } from '../core/errors.ts';
import type { EvaluationReport, Interval, RunClaim, RunRecord } from './types.ts';

/** @throws AppError `data.missing` while the run has no evaluation: there is nothing to claim yet */
export function makeClaim(record: RunRecord): RunClaim {
  const { evaluation } = record;
  if (evaluation === undefined) {
    throw new AppError('data.missing', {
      subject: `run ${record.name}`,
      expected: 'an evaluation',
      got: 'none yet',
      remedy: 'let the run end, or stop it: its last evaluation is what a link claims'
    });
  }
  return {
    version: 1,
    name: record.name,
    configYaml: record.configYaml,
    configHash: record.configHash,
    dataset: record.dataset,
    dataFingerprint: record.dataFingerprint,
    codeVersion: record.codeVersion,
    device: record.device,
    updates: evaluation.updates,
    heldOut: evaluation.heldOut,
    episodes: evaluation.policies[0]?.episodes ?? 0,
    results: resultsOf(evaluation),
    evaluationDigest: evaluation.digest
  };
}

export type Verdict = 'reproduced' | 'consistent' | 'differs' | 'pending';

export interface ClaimedFigure {
  readonly policy: string;
  readonly metric: string;
  readonly claimed: Interval;
  /** Undefined where this run has no such figure. */
  readonly here: Interval | undefined;
  readonly overlaps: boolean;
}

export interface ClaimComparison {
  /**
   * `reproduced`: the same actions and results bit for bit. `consistent`: every interval of the agent overlaps the
   * claimed one. `differs`: one does not, or configuration or data are others. `pending`: this run has no evaluation.
   */
  readonly verdict: Verdict;
  /** A sentence that says why. */
  readonly why: string;
  readonly figures: readonly ClaimedFigure[];
}

export function compareClaim(claim: RunClaim, record: RunRecord): ClaimComparison {
  const { evaluation } = record;
  if (evaluation === undefined) return { verdict: 'pending', why: 'this run has not been evaluated yet', figures: [] };
  const here = resultsOf(evaluation);
  const figures = Object.entries(claim.results).flatMap(([policy, metrics]) =>
    Object.entries(metrics).map(([metric, claimed]): ClaimedFigure => {
      const mine = here[policy]?.[metric];
      const overlaps = mine !== undefined && mine.low <= claimed.high && claimed.low <= mine.high;
      return { policy, metric, claimed, here: mine, overlaps };
    })
  );
  const other = (what: string): ClaimComparison => ({
    verdict: 'differs',
    why: `${what}: the runs are not comparable`,
    figures
  });
  if (claim.configHash !== record.configHash) return other('the configuration is another');
  if (claim.dataFingerprint !== record.dataFingerprint) return other('the data are others');
  if (claim.evaluationDigest === evaluation.digest) {
    return { verdict: 'reproduced', why: 'every action and result is the same, bit for bit', figures };
  }
  const apart = figures.filter((figure) => figure.policy === 'agent' && !figure.overlaps);
  if (apart.length > 0) {
    const names = apart.map((figure) => figure.metric).join(', ');
    return { verdict: 'differs', why: `the intervals of ${names} do not overlap`, figures };
  }
  return {
    verdict: 'consistent',
    why: 'not bit for bit, but every interval of the agent overlaps the claimed one',
    figures
  };
}

/** The agent's intervals and the baselines', by policy and metric. */
const resultsOf = (report: EvaluationReport): RunClaim['results'] =>
  Object.fromEntries(report.policies.map(({ policy, metrics }) => [policy, metrics]));
