/**
 * What is simulated: the race, its runners, how busy the market is, how its people behave. Plain data, so that a
 * market is the same wherever it is made again. Names are invented, and meant to be seen to be.
 */
import type { Json } from '../../core/digest.ts';
import { canonicalJson, sha256Hex } from '../../core/digest.ts';
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';

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
  /**
   * A bet moves the belief less the busier the runner is, over the root of its pace: of the moment, bursts counted, or
   * of the hour, the mean that the time of day lets expect. `moment` where absent.
   */
  readonly impactPace?: 'moment' | 'hour';
  /** Weight of aggressive bets without a reason, among all events. */
  readonly noiseTaking: number;
  /** Weight of those that chase a price that has moved. */
  readonly momentumTaking: number;
  /** Share of bets without a reason that are spread over several runners at once (dutching). None where absent. */
  readonly spreadBetShare?: number;
  /** Share of market makers among those who make the book, the patient crowd the others. 0.5 where absent. */
  readonly makerShare?: number;
  /** Orders that a runner's patient crowd keeps waiting. 26 where absent. */
  readonly waitingOrders?: number;
  /** Share of waiting orders that stand behind the best price. 0.5 where absent. */
  readonly behindShare?: number;
  /** Mean distance behind the best price of waiting orders that do not join it, ticks. 2 where absent. */
  readonly standOffTicks?: number;
  /** Share of stakes that are no round number, as those of bettors in other currencies are, down to `leastStake`. */
  readonly oddStakeShare?: number;
  /** Smallest stake, currency units. 1 where absent. */
  readonly leastStake?: number;
  /** Milliseconds over which the venue gathers changes into one message, far from and near the off. */
  readonly messageMillis: readonly [quiet: number, busy: number];
}

/** How a race is run before the market's eyes. */
export interface RaceBehaviour {
  /** Orders take so long to come to the book once the market is in play, seconds. */
  readonly betDelaySeconds: number;
  /** How much the race tells in all: mean lead of the winner's log-strength at the finish, of a variance twice that. */
  readonly information: number;
  /** Share of what happens that everybody sees at once; the rest is brought in by those who see it first. */
  readonly publicShare: number;
  /** How far market makers keep from the fair price while bets are delayed, ticks. */
  readonly makerTicks: number;
}

/** What a market does is made of these; a scenario besides has names. */
export interface MarketTerms {
  /** Hidden win probabilities at the start, one a runner; they sum to 1. */
  readonly probabilities: ArrayLike<number>;
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
  /** Where absent the recording stops so soon after the turn that the race is not told: chances stand still in play. */
  readonly race?: RaceBehaviour | undefined;
}

export interface Scenario extends MarketTerms {
  readonly version: 1;
  readonly seed: number;
  readonly marketId: string;
  readonly course: string;
  readonly raceName: string;
  readonly runners: readonly string[];
  readonly probabilities: readonly number[];
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

/** As busy as the recorded provincial markets through their last hour, with the venue's own pace of messages. */
export const FULL_BEHAVIOUR: Behaviour = {
  eventsPerSecond: 0.022,
  rush: 180,
  rushSeconds: 250,
  contagion: 0.6,
  contagionSeconds: 0.15,
  slowContagion: 0.3,
  slowContagionSeconds: 15,
  newsSeconds: 6,
  newsTicks: 2.5,
  rumourShare: 0.4,
  absorptionSeconds: 5,
  impactTicks: 0.11,
  impactPace: 'hour',
  noiseTaking: 0.1,
  momentumTaking: 0.005,
  spreadBetShare: 0.45,
  oddStakeShare: 0.65,
  leastStake: 0.03,
  makerShare: 0.8,
  waitingOrders: 150,
  behindShare: 0.94,
  standOffTicks: 8,
  messageMillis: [120, 100]
};

/** A race as the recorded ones are told: five seconds' bet delay, and no doubt left at the finish. */
export const FULL_RACE: RaceBehaviour = { betDelaySeconds: 5, information: 40, publicShare: 0.85, makerTicks: 24 };

/** The stream that a market's own are split from. */
export const streamOf = (scenario: Scenario): Random => new Random(scenario.seed as Seed, scenario.marketId);

/** SHA-256 of the scenario: what stands as the fingerprint of a market that has no file. */
export const scenarioFingerprint = (scenario: Scenario): Promise<string> =>
  sha256Hex(canonicalJson(scenario as unknown as Json));
