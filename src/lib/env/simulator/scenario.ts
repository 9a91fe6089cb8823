/**
 * What is simulated: the race, its runners, how busy the market is, how its people behave. Plain data, so that a
 * market is the same wherever it is made again. Names are invented, and meant to be seen to be.
 */
import type { Json } from '../../core/digest.ts';
import { canonicalJson, sha256Hex } from '../../core/digest.ts';
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import { courseName, runnerNames } from './names.ts';

/** How the people of a market behave. Rates are a second of the whole market, ticks are ladder ticks. */
export interface Behaviour {
  /** Order events a second long before the off; near the off there are `rush` times as many. */
  readonly eventsPerSecond: number;
  readonly rush: number;
  /** Time constant of the rush, seconds before the off. */
  readonly rushSeconds: number;
  /** Mean number of further events that one event sets off (branching ratio of the Hawkes process, below 1). */
  readonly contagion: number;
  readonly contagionSeconds: number;
  /** A second, slower contagion beside the first; the two ratios sum to below 1. None where absent. */
  readonly slowContagion?: number;
  readonly slowContagionSeconds?: number;
  /** Mean seconds between pieces of news anywhere in the market, long before the off. */
  readonly newsSeconds: number;
  /** Size of a piece of news: a mean of so many ticks. */
  readonly newsTicks: number;
  /** Share of news that turns out to be nothing: the truth goes back. */
  readonly rumourShare: number;
  /** How long informed money takes to bring a price to the truth, seconds. */
  readonly absorptionSeconds: number;
  /** How far one ordinary aggressive bet moves what the market believes, ticks, at one event a second on a runner. */
  readonly impactTicks: number;
  /** Weight of aggressive bets without a reason, among all events. */
  readonly noiseTaking: number;
  /** Weight of those that chase a price that has moved. */
  readonly momentumTaking: number;
  /** Mean distance behind the best price of waiting orders that do not join it, ticks. 2 where absent. */
  readonly standOffTicks?: number;
  /** Share of stakes that are no round number, as those of bettors in other currencies are, down to `leastStake`. */
  readonly oddStakeShare?: number;
  /** Smallest stake, currency units. 1 where absent. */
  readonly leastStake?: number;
  /** Milliseconds over which the venue gathers changes into one message, far from and near the off. */
  readonly messageMillis: readonly [quiet: number, busy: number];
}

export interface Scenario {
  readonly version: 1;
  readonly seed: number;
  readonly marketId: string;
  readonly course: string;
  readonly raceName: string;
  readonly runners: readonly string[];
  /** Hidden win probabilities at the start; they sum to 1. */
  readonly probabilities: readonly number[];
  /** Scheduled off, milliseconds since the epoch. */
  readonly scheduledMillis: number;
  /** Recording starts so long before the scheduled off. */
  readonly leadSeconds: number;
  /** The race starts so long after the scheduled off. */
  readonly delaySeconds: number;
  /** Recording goes on so long in play before the market is suspended for the result. */
  readonly inPlaySeconds: number;
  /** Money that waits at a price, against a small country meeting. */
  readonly liquidity: number;
  readonly behaviour: Behaviour;
}

/** A small meeting, with messages gathered coarsely so that a shipped market stays lean. */
export const LEAN_BEHAVIOUR: Behaviour = {
  eventsPerSecond: 1.7,
  rush: 14,
  rushSeconds: 150,
  contagion: 0.45,
  contagionSeconds: 1.5,
  newsSeconds: 40,
  newsTicks: 7,
  rumourShare: 0.25,
  absorptionSeconds: 75,
  impactTicks: 0.34,
  noiseTaking: 0.1,
  momentumTaking: 0.05,
  messageMillis: [600, 250]
};

/** As busy as the recorded provincial markets, with the venue's own pace of messages. */
export const FULL_BEHAVIOUR: Behaviour = {
  ...LEAN_BEHAVIOUR,
  eventsPerSecond: 4,
  rush: 16,
  messageMillis: [120, 100]
};

export interface ScenarioOptions {
  readonly seed: Seed;
  /** Which of the seed's markets. */
  readonly index: number;
  readonly scheduledMillis: number;
  readonly behaviour?: Partial<Behaviour>;
  readonly leadSeconds?: number;
}

/** A market drawn at random: 6 to 12 runners of a plausible spread of chances, liquidity and delay of the start. */
export function drawScenario(options: ScenarioOptions): Scenario {
  const { seed, index, scheduledMillis } = options;
  const random = new Random(seed, `scenario/${index}`);
  const field = 6 + Math.floor(7 * Math.min(random.uniform(), random.uniform()));
  const race = 1 + random.below(8);
  const metres = 1000 + 100 * random.below(13);
  return {
    version: 1,
    seed: random.bits(),
    marketId: `SIM.${seed}.${String(index).padStart(3, '0')}`,
    course: courseName(random),
    raceName: `R${race} ${metres}m Invented`,
    runners: runnerNames(random, field),
    probabilities: chances(random, field),
    scheduledMillis,
    leadSeconds: options.leadSeconds ?? 720,
    delaySeconds: Math.round(8 + Math.min(150, random.exponential(45))),
    inPlaySeconds: 12,
    liquidity: Math.round(100 * Math.exp(0.2 + 0.6 * random.normal())) / 100,
    behaviour: { ...LEAN_BEHAVIOUR, ...options.behaviour }
  };
}

/** Chances of a field: normal abilities through a softmax, so that favourites of 2 to 5 and long shots both occur. */
function chances(random: Random, field: number): number[] {
  const strengths = Array.from({ length: field }, () => Math.exp(0.95 * random.normal()));
  const sum = strengths.reduce((a, b) => a + b, 0);
  const raw = strengths.map((s) => Math.max(0.008, s / sum));
  const total = raw.reduce((a, b) => a + b, 0);
  return raw.map((p) => p / total).sort((a, b) => b - a);
}

/** SHA-256 of the scenario: what stands as the fingerprint of a market that has no file. */
export const scenarioFingerprint = (scenario: Scenario): Promise<string> =>
  sha256Hex(canonicalJson(scenario as unknown as Json));
