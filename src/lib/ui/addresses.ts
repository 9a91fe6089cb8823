/**
 * Addresses of datasets and of markets. A name may hold anything a file's name may, `#`, `?` and `%` too, so each stands
 * encoded as one segment; the router decodes it again.
 */

/** Quality and lineage of a dataset. */
export const datasetAddress = (dataset: string): string => `/data/sets/${encodeURIComponent(dataset)}`;

/** The markets of a dataset. */
export const marketsAddress = (dataset: string): string => `/markets?dataset=${encodeURIComponent(dataset)}`;

/** One market. */
export const marketAddress = (dataset: string, market: string): string =>
  `/markets/${encodeURIComponent(dataset)}/${encodeURIComponent(market)}`;
