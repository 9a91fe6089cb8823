/** The rules of Betfair's back/lay markets. */
import { unreachable } from '../../core/assert.ts';
import { lots, seconds } from '../../core/units.ts';
import type { Lots } from '../../core/units.ts';
import type { Ladder } from '../ladder.ts';
import { betfairClassic, betfairFinest, betfairLine } from '../ladder.ts';
import type { BetfairLadder, BetfairSpec, MarketRules } from '../rules.ts';

function ladderOf(ladder: BetfairLadder | undefined): Ladder {
  if (ladder === undefined) return betfairClassic;
  switch (ladder.type) {
    case 'CLASSIC':
      return betfairClassic;
    case 'FINEST':
      return betfairFinest;
    case 'LINE_RANGE':
      return betfairLine(ladder);
    default:
      return unreachable(ladder);
  }
}

const pennies = (amount: number): Lots => lots(Math.round(amount * 100));

/**
 * Betfair Exchange win, place and each-way markets; `each-way.ts` of the accounts says what those pay. A minimum stake of 2.00 and a market base rate of 5 % are our defaults. The
 * venue's own limits differ by currency and have changed (Betfair Exchange API, "Currency Parameters": minimum bet size,
 * minimum bet payout): pounds 2.00, lately 1.00, or any stake that pays out 10.00 or more; euros 2.00 or a payout of
 * 20.00; Australian dollars 5.00 or 30.00. `minimumStake` and `minimumPayout` set them.
 */
export function betfairRules(options: Partial<Omit<BetfairSpec, 'venue'>> = {}): MarketRules {
  const spec: BetfairSpec = {
    venue: 'betfair',
    currency: options.currency ?? 'GBP',
    winners: options.winners ?? 1,
    marketBaseRatePercent: options.marketBaseRatePercent ?? 5,
    betDelaySeconds: options.betDelaySeconds ?? 5,
    ...(options.eachWayDivisor === undefined ? {} : { eachWayDivisor: options.eachWayDivisor }),
    ...(options.handicaps === undefined ? {} : { handicaps: options.handicaps }),
    ...(options.line === undefined ? {} : { line: options.line }),
    ...(options.discountPercent === undefined ? {} : { discountPercent: options.discountPercent }),
    ...(options.minimumStake === undefined ? {} : { minimumStake: options.minimumStake }),
    ...(options.minimumPayout === undefined ? {} : { minimumPayout: options.minimumPayout }),
    ...(options.ladder === undefined ? {} : { ladder: options.ladder })
  };
  return {
    id: 'betfair',
    spec,
    ladder: ladderOf(spec.ladder),
    lotSize: 0.01,
    currency: spec.currency,
    settlement: {
      kind: 'backLay',
      winners: spec.winners,
      ...(spec.eachWayDivisor === undefined ? {} : { eachWay: { divisor: spec.eachWayDivisor } }),
      ...(spec.line === true || spec.ladder?.type === 'LINE_RANGE' ? { line: true } : {}),
      ...(spec.handicaps === undefined ? {} : { handicaps: spec.handicaps })
    },
    fees: {
      kind: 'commissionOnNetWinnings',
      rate: spec.marketBaseRatePercent / 100,
      discount: (spec.discountPercent ?? 0) / 100
    },
    orders: {
      minimum: pennies(spec.minimumStake ?? 2),
      underMinimum:
        spec.minimumPayout === undefined
          ? { kind: 'reducing' }
          : { kind: 'payout', least: pennies(spec.minimumPayout) },
      kinds: ['limit', 'limitOnClose', 'marketOnClose'],
      persistence: ['lapse', 'persist', 'marketOnClose'],
      bestPriceExecution: true,
      betDelayInPlay: seconds(spec.betDelaySeconds)
    }
  };
}
