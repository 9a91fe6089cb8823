/** The dataset a configuration means: `sample` is the built-in one, whatever it is called in the catalogue. Pure. */
import type { DatasetRecord } from '$lib/data/records.ts';

export const SAMPLE_ALIAS = 'sample';

export const datasetNamed = (name: string, datasets: readonly DatasetRecord[]): DatasetRecord | undefined =>
  datasets.find((dataset) => dataset.name === name) ??
  datasets.find((dataset) => dataset.formerNames?.includes(name)) ??
  (name === SAMPLE_ALIAS ? datasets.find((dataset) => dataset.origin === 'sample') : undefined);

/** How a configuration names a dataset of the catalogue. */
export const nameInConfig = (dataset: DatasetRecord): string =>
  dataset.origin === 'sample' ? SAMPLE_ALIAS : dataset.name;
