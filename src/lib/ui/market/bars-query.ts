/** The queries that show what has no book: a market's candles, a market's results. Pure. */
import type { MarketRecord } from '$lib/data/records.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const barsQuery = ({ dataset, id }: Pick<MarketRecord, 'dataset' | 'id'>): string =>
  `select open_time, close, open, high, low, volume, trades from bars where dataset = ${quoted(dataset)} and market = ${quoted(id)} order by open_time`;

/** Under the id that a recording of the market has: a results file's own markets are named apart. */
export const resultsQuery = ({ dataset, id }: Pick<MarketRecord, 'dataset' | 'id'>): string =>
  `select runner, winner, starting_price, preplay_average, preplay_lowest, preplay_highest, preplay_volume, id from results where dataset = ${quoted(dataset)} and market || ' results' = ${quoted(id)} order by winner desc, starting_price`;
