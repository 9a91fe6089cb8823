/** The query that shows a market's candles. Pure. */
import type { MarketRecord } from '$lib/data/records.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const barsQuery = ({ dataset, id }: Pick<MarketRecord, 'dataset' | 'id'>): string =>
  `select open_time, close, open, high, low, volume, trades from bars where dataset = ${quoted(dataset)} and market = ${quoted(id)} order by open_time`;
