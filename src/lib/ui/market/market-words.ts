/** What a market is called and the one line of facts about it. Pure. */
import type { MarketRecord } from '$lib/data/records.ts';
import type { MarketInfo } from '$lib/market/tape.ts';

type Named = Pick<MarketRecord, 'id' | 'name' | 'eventName'>;

/** `Moe R6, 1100 m handicap`; the id where the recording has neither name. */
export function marketTitle({ id, name, eventName }: Named): string {
  const parts = [eventName, name].map((part) => part.trim()).filter((part) => part !== '');
  return parts.length === 0 ? `Market ${id}` : [...new Set(parts)].join(', ');
}

const KINDS: Readonly<Record<string, string>> = {
  WIN: 'win',
  PLACE: 'place',
  EACH_WAY: 'each way',
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

export function marketFacts(market: MarketInfo, removed: number): string {
  const count = market.runners.length;
  return [
    market.synthetic ? '' : dayText(market.scheduledMillis),
    kindText(market.kind),
    market.country,
    market.rules.settlement.kind === 'backLay'
      ? `${String(count)} ${count === 1 ? 'runner' : 'runners'}${removed > 0 ? `, ${String(removed)} removed` : ''}`
      : ''
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
