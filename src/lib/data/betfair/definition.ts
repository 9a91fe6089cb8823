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
  /** Of an each-way market: the place part pays the odds over it. */
  readonly eachWayDivisor: number | undefined;
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

/** Bounds of what the venue could mean; beyond them a number is a fault, and a default stands in for it. */
const MAX_BET_DELAY_SECONDS = 600;
const MAX_WINNERS = 1000;
const MAX_STARTING_PRICE = 1e6;
const MAX_HANDICAP = 1000;
const MAX_LINE_PRICES = 1e5;

type Loose = Readonly<Record<string, unknown>>;

const STATUS: ReadonlyMap<string, MarketStatus> = new Map([
  ['INACTIVE', MarketStatus.inactive],
  ['OPEN', MarketStatus.open],
  ['SUSPENDED', MarketStatus.suspended],
  ['CLOSED', MarketStatus.closed]
]);
const OUTCOME: ReadonlyMap<string, Outcome> = new Map([
  ['ACTIVE', Outcome.unknown],
  ['HIDDEN', Outcome.unknown],
  ['WINNER', Outcome.winner],
  ['LOSER', Outcome.loser],
  ['PLACED', Outcome.placed],
  ['REMOVED', Outcome.removed],
  ['REMOVED_VACANT', Outcome.removed]
]);

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
  const status = STATUS.get(statusText);
  if (status === undefined) odd(`market status ${statusText || '(none)'} is not known`);
  const numberIn = ranged(json, odd);
  const flag = (key: string): boolean | undefined => {
    const value = json[key];
    if (typeof value === 'boolean') return value;
    if (value !== undefined && value !== null) odd(`${key} is ${shown(value)}, not true or false`);
    return undefined;
  };
  // Of lines and handicaps it is 0: there a runner wins against its line, not among the others.
  const bettingType = string(json['bettingType']);
  const scheduledText = string(json['marketTime']);
  const scheduledMillis = Date.parse(scheduledText);
  if (json['marketTime'] !== undefined && Number.isNaN(scheduledMillis)) {
    odd(`marketTime ${shown(json['marketTime'])} is not a time`);
  }
  if (text.includes('\uFFFD')) odd('some of its text is not UTF-8');
  return {
    status: status ?? MarketStatus.suspended,
    inPlay: flag('inPlay') === true,
    turnsInPlay: flag('turnInPlayEnabled') === true,
    betDelaySeconds: numberIn('betDelay', 0, MAX_BET_DELAY_SECONDS, 'whole') ?? 0,
    winners: numberIn('numberOfWinners', bettingType === 'ODDS' ? 1 : 0, MAX_WINNERS, 'whole') ?? 1,
    eachWayDivisor: string(json['marketType']) === 'EACH_WAY' ? numberIn('eachWayDivisor', 1, 100) : undefined,
    marketBaseRatePercent: numberIn('marketBaseRate', 0, 100) ?? 5,
    discountAllowed: flag('discountAllowed') === true,
    ladder: ladderOf(json, odd),
    marketType: string(json['marketType']),
    bettingType,
    name: string(json['name']),
    eventName: string(json['eventName']),
    venue: string(json['venue']),
    country: string(json['countryCode']),
    scheduledMillis,
    startingPricesReconciled: flag('bspReconciled') !== false,
    runners: runnersOf(json['runners'] as readonly unknown[], odd)
  };
}

function runnersOf(list: readonly unknown[], odd: (clause: string) => void): DefinedRunner[] {
  const runners: DefinedRunner[] = [];
  for (const one of list) {
    const runner = isObject(one) ? runnerOf(one, odd) : undefined;
    if (runner !== undefined) runners.push(runner);
    else odd('a runner of the definition has no id; it is left out');
  }
  return runners;
}

function runnerOf(json: Loose, odd: (clause: string) => void): DefinedRunner | undefined {
  const id = number(json['id']);
  if (id === undefined) return undefined;
  const tell = (clause: string): void => {
    odd(`runner ${String(id)}: ${clause}`);
  };
  const numberIn = ranged(json, tell);
  const statusText = string(json['status']);
  const outcome = OUTCOME.get(statusText);
  if (outcome === undefined) tell(`status ${statusText || '(none)'} is not known`);
  const startingPrice = number(json['bsp']);
  const sound = startingPrice !== undefined && startingPrice > 1 && startingPrice <= MAX_STARTING_PRICE;
  if (startingPrice !== undefined && startingPrice !== 0 && !sound) tell(`bsp ${shown(startingPrice)} is not a price`);
  return {
    id,
    handicap: numberIn('hc', -MAX_HANDICAP, MAX_HANDICAP) ?? 0,
    name: string(json['name']) || String(id),
    sortPriority: numberIn('sortPriority', 0, 1e6) ?? 0,
    outcome: outcome ?? Outcome.unknown,
    adjustmentFactor: numberIn('adjustmentFactor', 0, 100) ?? 0,
    startingPrice: sound ? startingPrice : undefined
  };
}

/** Reads a number of `json` that must lie in [from, to]; anything else that stands there is told and read as absent. */
function ranged(json: Loose, odd: (clause: string) => void) {
  return (key: string, from: number, to: number, kind?: 'whole'): number | undefined => {
    const value = json[key];
    if (value === undefined || value === null) return undefined;
    const found = number(value);
    if (found !== undefined && found >= from && found <= to && (kind === undefined || Number.isInteger(found))) {
      return found;
    }
    odd(
      `${key} ${shown(value)} is no ${kind ?? 'number'}${kind ? ' number' : ''} from ${String(from)} to ${String(to)}`
    );
    return undefined;
  };
}

const shown = (value: unknown): string => JSON.stringify(value).slice(0, 40);

function ladderOf(json: Loose, odd: (clause: string) => void): BetfairLadder {
  const definition = json['priceLadderDefinition'];
  const type = isObject(definition) ? string(definition['type']) : 'CLASSIC';
  if (type === 'CLASSIC' || type === 'FINEST') return { type };
  if (type === 'LINE_RANGE') {
    const minimum = number(json['lineMinUnit']);
    const maximum = number(json['lineMaxUnit']);
    const interval = number(json['lineInterval']);
    const sound = minimum !== undefined && maximum !== undefined && interval !== undefined;
    if (sound && interval > 0 && maximum > minimum && (maximum - minimum) / interval <= MAX_LINE_PRICES)
      return { type, minimum, maximum, interval };
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
