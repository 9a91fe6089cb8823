/** `marketDefinition` of the Exchange Stream as typed data: read once, at the boundary, from its text. */
import type { BetfairLadder } from '../../market/rules.ts';
import { MarketStatus, Outcome } from '../../market/tape.ts';

export interface DefinedRunner {
  readonly id: number;
  readonly handicap: number;
  readonly name: string;
  readonly sortPriority: number;
  readonly outcome: Outcome;
  /** In per cent; 0 where none is given. */
  readonly adjustmentFactor: number;
  /** Starting price, which stands only once the definition says so; undefined while there is none. */
  readonly startingPrice: number | undefined;
}

export interface MarketDefinition {
  readonly status: MarketStatus;
  readonly inPlay: boolean;
  readonly turnsInPlay: boolean;
  readonly betDelaySeconds: number;
  readonly winners: number;
  readonly marketBaseRatePercent: number;
  readonly discountAllowed: boolean;
  readonly ladder: BetfairLadder;
  readonly marketType: string;
  readonly bettingType: string;
  readonly name: string;
  readonly eventName: string;
  readonly venue: string;
  readonly country: string;
  /** NaN where absent or unreadable. */
  readonly scheduledMillis: number;
  /** Whether the runners' starting prices are final: a `bsp` may be shown before. */
  readonly startingPricesReconciled: boolean;
  readonly runners: readonly DefinedRunner[];
}

type Loose = Readonly<Record<string, unknown>>;

const STATUS: Readonly<Record<string, MarketStatus>> = {
  INACTIVE: MarketStatus.inactive,
  OPEN: MarketStatus.open,
  SUSPENDED: MarketStatus.suspended,
  CLOSED: MarketStatus.closed
};
const OUTCOME: Readonly<Record<string, Outcome>> = {
  ACTIVE: Outcome.unknown,
  HIDDEN: Outcome.unknown,
  WINNER: Outcome.winner,
  LOSER: Outcome.loser,
  PLACED: Outcome.placed,
  REMOVED: Outcome.removed,
  REMOVED_VACANT: Outcome.removed
};

/**
 * @param odd told, as a clause, of anything in it that is not understood; a default stands in for it
 * @returns undefined when the text is not a market definition at all
 */
export function parseDefinition(text: string, odd: (clause: string) => void): MarketDefinition | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(json) || !Array.isArray(json['runners'])) return undefined;
  const statusText = string(json['status']);
  const status = STATUS[statusText];
  if (status === undefined) odd(`market status ${statusText || '(none)'} is not known`);
  return {
    status: status ?? MarketStatus.suspended,
    inPlay: json['inPlay'] === true,
    turnsInPlay: json['turnInPlayEnabled'] === true,
    betDelaySeconds: number(json['betDelay']) ?? 0,
    winners: number(json['numberOfWinners']) ?? 1,
    marketBaseRatePercent: number(json['marketBaseRate']) ?? 5,
    discountAllowed: json['discountAllowed'] === true,
    ladder: ladderOf(json, odd),
    marketType: string(json['marketType']),
    bettingType: string(json['bettingType']),
    name: string(json['name']),
    eventName: string(json['eventName']),
    venue: string(json['venue']),
    country: string(json['countryCode']),
    scheduledMillis: Date.parse(string(json['marketTime'])),
    startingPricesReconciled: json['bspReconciled'] !== false,
    runners: (json['runners'] as readonly unknown[]).filter(isObject).map((runner) => runnerOf(runner, odd))
  };
}

function runnerOf(json: Loose, odd: (clause: string) => void): DefinedRunner {
  const id = number(json['id']) ?? Number.NaN;
  if (Number.isNaN(id)) odd('a runner of the definition has no id');
  const statusText = string(json['status']);
  const outcome = OUTCOME[statusText];
  if (outcome === undefined) odd(`status ${statusText || '(none)'} of runner ${String(id)} is not known`);
  const startingPrice = number(json['bsp']);
  return {
    id,
    handicap: number(json['hc']) ?? 0,
    name: string(json['name']) || String(id),
    sortPriority: number(json['sortPriority']) ?? 0,
    outcome: outcome ?? Outcome.unknown,
    adjustmentFactor: number(json['adjustmentFactor']) ?? 0,
    startingPrice: startingPrice !== undefined && startingPrice > 0 ? startingPrice : undefined
  };
}

function ladderOf(json: Loose, odd: (clause: string) => void): BetfairLadder {
  const definition = json['priceLadderDefinition'];
  const type = isObject(definition) ? string(definition['type']) : 'CLASSIC';
  if (type === 'CLASSIC' || type === 'FINEST') return { type };
  if (type === 'LINE_RANGE') {
    const minimum = number(json['lineMinUnit']);
    const maximum = number(json['lineMaxUnit']);
    const interval = number(json['lineInterval']);
    const sound = minimum !== undefined && maximum !== undefined && interval !== undefined;
    if (sound && interval > 0 && maximum > minimum) return { type, minimum, maximum, interval };
  }
  odd(`price ladder ${type} is not known or has no bounds; CLASSIC is assumed`);
  return { type: 'CLASSIC' };
}

const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const string = (value: unknown): string => (typeof value === 'string' ? value : '');
/** The strings "NaN" and "Infinity" stand for no price. */
const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
