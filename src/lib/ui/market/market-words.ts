/** What a market is called and the one line of facts about it. Pure. */
import type { MarketRecord } from '$lib/data/records.ts';
import type { MarketInfo } from '$lib/market/tape.ts';
import { baseAsset } from './depth-profile.ts';

type Named = Pick<MarketRecord, 'id' | 'name' | 'eventName'>;

/** `Moe R6, 1100 m handicap`; the id where the recording has neither name. */
export function marketTitle({ id, name, eventName }: Named): string {
  const parts = [eventName, name].map((part) => part.trim()).filter((part) => part !== '');
  const [first = '', second = ''] = parts;
  if (second.startsWith(first)) return second || first || `Market ${id}`;
  return parts.join(', ');
}

const KINDS: Readonly<Record<string, string>> = {
  WIN: 'win',
  PLACE: 'place',
  EACH_WAY: 'each way',
  YES_NO: 'yes or no',
  SNAPSHOT: 'one look at the book',
  BARS: 'candles'
};

export const kindText = (kind: string): string => KINDS[kind] ?? kind.toLowerCase().replaceAll('_', ' ');

export function dayText(millis: number): string {
  return new Date(millis).toLocaleDateString('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC'
  });
}

const INSTRUMENTS: ReadonlySet<string> = new Set(['YES_NO', 'PERPETUAL', 'SNAPSHOT', 'BARS']);

/** Whether its prices are of a contract or an asset, not the odds of runners. */
export const isInstrument = (kind: string): boolean => INSTRUMENTS.has(kind);

/** When it starts or closes; what trades without end, when its recording begins. */
export const marketMillis = ({
  scheduledMillis,
  firstMillis
}: Pick<MarketRecord, 'scheduledMillis' | 'firstMillis'>) => (scheduledMillis > 0 ? scheduledMillis : firstMillis);

/** What the moment is that a market's clock counts to. */
export function momentWord({ rules, scheduledMillis }: Pick<MarketInfo, 'rules' | 'scheduledMillis'>): string {
  if (rules.settlement.kind === 'backLay') return 'off';
  return rules.settlement.kind === 'yesNo' && scheduledMillis > 0 ? 'close' : 'end';
}

/** What sizes are counted in; nothing where the market does not tell. */
export function sizeUnit({ rules, runners }: Pick<MarketInfo, 'rules' | 'runners'>): string {
  if (rules.settlement.kind === 'backLay') return rules.currency;
  return rules.settlement.kind === 'yesNo' ? 'contracts' : baseAsset(runners[0]?.name ?? '');
}

/** As `sizeUnit`, with a space before it, of a record; Betfair's currency stands on its tape alone. */
export function matchedUnit({ kind, name }: Pick<MarketRecord, 'kind' | 'name'>): string {
  const unit = kind === 'YES_NO' ? 'contracts' : isInstrument(kind) ? baseAsset(name.split(' ')[0] ?? '') : '';
  return unit === '' ? '' : ` ${unit}`;
}

/** @param firstMillis the start of the recording, for what has none of its own */
export function marketFacts(market: MarketInfo, removed: number, firstMillis: number): string {
  const count = market.runners.length;
  return [
    market.synthetic ? '' : dayText(marketMillis({ ...market, firstMillis })),
    kindText(market.kind),
    market.country,
    market.rules.settlement.kind === 'backLay'
      ? `${String(count)} ${count === 1 ? 'runner' : 'runners'}${removed > 0 ? `, ${String(removed)} removed` : ''}`
      : ''
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
