/** Whether a claim can be trained again here, and what is other than where it was made. Pure. */
import type { DatasetRecord } from '$lib/data/records.ts';
import { datasetNamed } from '../dataset-named.ts';
import type { RunClaim } from '$lib/research/types.ts';

export type DataMatch =
  | { readonly kind: 'none-needed' }
  | { readonly kind: 'here'; readonly dataset: string; readonly synthetic: boolean }
  | { readonly kind: 'other'; readonly dataset: string }
  | { readonly kind: 'missing' };

/** The dataset with the claim's fingerprint, under whatever name it has here; else one of the same name. */
export function matchData(claim: RunClaim, datasets: readonly DatasetRecord[], needsData: boolean): DataMatch {
  if (!needsData) return { kind: 'none-needed' };
  const same = datasets.find((dataset) => dataset.fingerprint === claim.dataFingerprint);
  if (same !== undefined) return { kind: 'here', dataset: same.name, synthetic: same.synthetic };
  const named = datasetNamed(claim.dataset, datasets);
  return named === undefined ? { kind: 'missing' } : { kind: 'other', dataset: named.name };
}

/** `undefined` where the code is the same. */
export function codeDifference(claimed: string, here: string): string | undefined {
  if (claimed === here) return undefined;
  return `claimed with code ${claimed}, this app is ${here}: the same seeds may give other figures`;
}
