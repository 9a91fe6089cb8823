/**
 * Deterministic evaluation: every held-out episode once, the same for each policy, with bootstrap intervals over
 * episodes. Equal digests mean the same actions and results bit for bit.
 */
import type { Agent, Foretold } from '../agents/agent.ts';
import { sha256Hex } from '../core/digest.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import type { Seed } from '../core/units.ts';
import type { EpisodeOrders, EvaluationOrders } from '../env/episode-orders.ts';
import type { RemoteVectorEnv } from '../env/vector-env.ts';
import { bootstrap } from './bootstrap.ts';
import { episodeColumns, episodeValues, summariseEpisodes } from './episode-figures.ts';
import { EpisodeTally } from './episode-tally.ts';
import type { EndedEpisode } from './episode-tally.ts';
import { ForecastTally } from './forecast-tally.ts';
import type { EvaluationReport, PolicyResult } from './types.ts';

/** Chooses actions for a whole vector; what an evaluation plays. */
export interface Policy {
  readonly name: string;
  begin(): void;
  act(step: PolicyStep): Promise<void> | void;
  /** What it told of the near future when it last acted, where it does. */
  foretold?(): Foretold | undefined;
}

export interface PolicyStep {
  readonly observations: Float32Array;
  readonly actions: Float32Array | Int32Array;
  readonly starts: Uint8Array;
  readonly previousRewards: Float32Array;
}

export const greedy = (agent: Agent): Policy => ({
  name: 'agent',
  begin: () => undefined,
  act: ({ observations, actions, starts, previousRewards }) =>
    agent.act(observations, actions, 'greedy', starts, previousRewards),
  foretold: () => agent.foretold?.()
});

export interface EvaluatorOptions {
  readonly env: RemoteVectorEnv;
  /** Names of the environment's episodes: market ids. */
  readonly episodes: readonly string[];
  readonly heldOut: boolean;
  readonly seed: Seed;
  readonly bootstrapSamples: number;
  readonly confidencePercent: number;
  readonly baselines: readonly Policy[];
  /** Lets waiting messages run; called between steps. */
  readonly breathe: () => Promise<void>;
  /** Where the environment keeps orders: how they are taken, and who is told those of the agent. */
  readonly orders?: {
    readonly take: () => Promise<readonly EpisodeOrders[]>;
    readonly tell: (orders: EvaluationOrders) => void;
  };
}

interface Played {
  readonly ended: readonly EndedEpisode[];
  /** Actions and results, in order, as bytes. */
  readonly trace: Uint8Array<ArrayBuffer>;
  /** Where the policy told the future, and the environment what came. */
  readonly forecasts: ForecastTally | undefined;
}

export class Evaluator {
  readonly #options: EvaluatorOptions;
  /** They depend on nothing that training changes: played once. */
  #baselines: readonly PolicyResult[] | undefined;

  constructor(options: EvaluatorOptions) {
    this.#options = options;
  }

  async evaluate(agent: Agent, updates: number): Promise<EvaluationReport> {
    const { heldOut, episodes, confidencePercent, baselines, orders } = this.#options;
    const played = await this.#play(greedy(agent), true);
    const kept = await orders?.take();
    const own = this.#result('agent', played);
    if (this.#baselines === undefined) {
      const results: PolicyResult[] = [];
      for (const policy of baselines) results.push(this.#result(policy.name, await this.#play(policy, false)));
      this.#baselines = results;
    }
    if (kept !== undefined) orders?.tell({ updates, episodes: inOrderOf(episodes, kept) });
    return {
      updates,
      heldOut,
      markets: episodes,
      confidencePercent,
      policies: [own, ...this.#baselines],
      digest: await sha256Hex(played.trace)
    };
  }

  async #play(policy: Policy, keepOrders: boolean): Promise<Played> {
    const { env, breathe } = this.#options;
    const { buffers } = env;
    await env.reset({
      seed: seed(new Random(this.#options.seed, 'evaluation').bits()),
      schedule: 'once',
      trace: keepOrders
    });
    const tally = new EpisodeTally(env);
    const forecasts = env.spec.forecast === undefined ? undefined : new ForecastTally(env, env.spec.forecast);
    const starts = new Uint8Array(env.size).fill(1);
    const ended: EndedEpisode[] = [];
    const trace: Uint8Array[] = [];
    policy.begin();
    for (let step = 1; tally.playing > 0; step++) {
      await policy.act({
        observations: buffers.observations,
        actions: buffers.actions,
        starts,
        previousRewards: buffers.rewards
      });
      trace.push(bytesOf(buffers.actions));
      const foretold = policy.foretold?.();
      if (foretold !== undefined) forecasts?.acted(foretold);
      await env.step();
      forecasts?.stepped();
      ended.push(...tally.step());
      for (let e = 0; e < env.size; e++) starts[e] = buffers.terminated[e]! | buffers.truncated[e]!;
      if (step % 8 === 0) await breathe();
    }
    // By episode, so that the report does not depend on how many environments shared them out.
    ended.sort((a, b) => a.episode - b.episode);
    trace.push(bytesOf(Float64Array.from(ended.flatMap((e) => [e.episode, e.return, e.length, ...e.info]))));
    return { ended, trace: joined(trace), forecasts };
  }

  #result(policy: string, { ended, forecasts }: Played): PolicyResult {
    const { env, episodes, bootstrapSamples, confidencePercent } = this.#options;
    const random = new Random(this.#options.seed, 'bootstrap');
    return {
      policy,
      episodes: ended.length,
      metrics: bootstrap(
        ended,
        (some) => ({
          ...summariseEpisodes(env.spec, some),
          ...forecasts?.summarise(some.map(({ episode }) => episode))
        }),
        { samples: bootstrapSamples, confidencePercent, random }
      ),
      columns: episodeColumns(env.spec),
      rows: ended.map((one) => [
        episodes[one.episode] ?? `episode ${String(one.episode)}`,
        ...episodeValues(env.spec, one)
      ])
    };
  }
}

/** Environments end their episodes in any order; here they stand as in the report. */
const inOrderOf = (names: readonly string[], kept: readonly EpisodeOrders[]): readonly EpisodeOrders[] =>
  [...kept].sort((a, b) => names.indexOf(a.market) - names.indexOf(b.market));

const bytesOf = (array: Float32Array | Float64Array | Int32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
