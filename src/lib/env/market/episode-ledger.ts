/**
 * What one pre-off episode has come to: value, worst result, reward, and the figures of its orders that `info` tells at
 * its end. Told of fills and of orders that are done; knows no clock and no book.
 *
 * A fraction that goes from call to call may be an object each time: what changes with a step stands in fields.
 */
import type { RewardWeights } from '../../config/run-config.ts';
import { NANOS_PER_MILLI } from '../../core/units.ts';
import { NO_TICK } from '../../market/tape.ts';
import type { BackLayAccount } from '../account/account.ts';
import { commissionOn } from '../matching/commission.ts';
import { Side, wasMatched } from '../matching/order.ts';
import type { Fill, Order } from '../matching/order.ts';
import { ACCOUNT_COLUMNS, clipRange } from './observation.ts';
import { StepOutcome, writeReward } from './reward.ts';

/** What amounts are measured by: sizes in lots, and what a lot is in the market's currency. */
export interface EpisodeScale {
  readonly capLots: number;
  readonly bankrollLots: number;
  /** Worst loss that ends the episode. */
  readonly limitLots: number;
  readonly lotSize: number;
  readonly commissionPercent: number;
  /** Decisions after which an episode is cut. */
  readonly maxSteps: number;
}

export class EpisodeLedger {
  /** Hedged value after commission, and the result of the worst runner; lots. */
  value = 0;
  worst = 0;
  /** The value as the agent may know it: of prices that it sees late, another. */
  told = 0;
  /**
   * What closing every slot's position would come to, hundredths of lots: at the market's prices, and at those that the
   * agent sees. Set before `mark`.
   */
  points = 0;
  toldPoints = 0;
  /** Decisions taken. */
  steps = 0;
  readonly outcome = new StepOutcome();
  #before = 0;
  #return = 0;
  #filledOrders = 0;
  #accepted = 0;
  #latencyNanos = 0;
  #takenLots = 0;
  #takenSlip = 0;

  begin(): void {
    this.value = 0;
    this.worst = 0;
    this.told = 0;
    this.steps = 0;
    this.#return = 0;
    this.#filledOrders = 0;
    this.#accepted = 0;
    this.#latencyNanos = 0;
    this.#takenLots = 0;
    this.#takenSlip = 0;
  }

  /** A decision is taken. */
  decide(): void {
    this.outcome.tradeCostLots = 0;
    this.#before = this.value;
    this.steps++;
  }

  /**
   * @param mid by slot of the environment: middle of its book when the step was decided, hundredths; 0 without one
   * @param pointsOf price in hundredths by tick
   */
  noteFill({ order, lots, points, taking }: Fill, mid: Float64Array, slot: number, pointsOf: Float64Array): void {
    const sign = order.side === Side.back ? 1 : -1;
    const middle = mid[slot]!;
    if (middle > 0) this.outcome.tradeCostLots += Math.max(0, lots * sign * (1 - points / middle));
    if (!taking || order.touchAtDecision === NO_TICK) return;
    const touch = pointsOf[order.touchAtDecision]!;
    this.#takenLots += lots;
    this.#takenSlip += (lots * sign * (touch - points)) / touch;
  }

  /** An order that is done, or that the episode's end leaves. */
  noteOrder(order: Order): void {
    if (wasMatched(order)) this.#filledOrders++;
    if (order.acceptedAt > order.madeAt) {
      this.#accepted++;
      this.#latencyNanos += order.acceptedAt - order.madeAt;
    }
  }

  /** Sets `value` and `told`, after commission. */
  mark({ commissionPercent }: EpisodeScale): void {
    const lots = this.points / 100;
    const told = this.toldPoints / 100;
    this.value = lots - commissionOn(lots, commissionPercent / 100);
    this.told = told - commissionOn(told, commissionPercent / 100);
  }

  /** What the step earned: its terms at `at`, and their sum in `outcome.reward`. Once `value` and `worst` are set. */
  settle(
    account: BackLayAccount,
    ended: boolean,
    weights: RewardWeights,
    scale: EpisodeScale,
    terms: Float32Array,
    at: number
  ): void {
    const { outcome } = this;
    outcome.markToMarketChange = this.value - this.#before;
    outcome.ended = ended;
    outcome.worstLots = this.worst;
    outcome.allGreen = ended && account.allGreen();
    outcome.exposureLots = Math.max(0, -this.worst);
    writeReward(outcome, weights, scale, terms, at);
    // As it is handed out: `return` is the sum of what the agent was given.
    this.#return += Math.fround(outcome.reward);
  }

  /** The four account columns of an observation. */
  writeAccount(account: BackLayAccount, scale: EpisodeScale, into: Float32Array, at: number): void {
    into[at] = this.told / scale.capLots;
    into[at + 1] = this.worst / scale.capLots;
    into[at + 2] = account.exposure() / 100 / scale.limitLots;
    into[at + 3] = this.steps / scale.maxSteps;
    clipRange(into, at, at + ACCOUNT_COLUMNS.length);
  }

  /** The columns of `EPISODE_INFO`. */
  writeInfo(
    exchange: { readonly account: BackLayAccount; readonly submitted: number },
    scale: EpisodeScale,
    info: Float32Array,
    from: number
  ): void {
    const traded = exchange.account.traded();
    let at = from;
    info[at++] = this.#return;
    info[at++] = this.steps;
    info[at++] = traded && this.worst >= 0 ? 1 : 0;
    info[at++] = traded ? 1 : 0;
    info[at++] = this.value / scale.bankrollLots;
    info[at++] = this.worst / scale.bankrollLots;
    info[at++] = exchange.submitted;
    info[at++] = this.#filledOrders;
    info[at++] = this.#takenLots > 0 ? (1e4 * this.#takenSlip) / this.#takenLots : 0;
    info[at++] = this.#accepted > 0 ? this.#latencyNanos / this.#accepted / NANOS_PER_MILLI : 0;
    info[at] = this.value * scale.lotSize;
  }
}
