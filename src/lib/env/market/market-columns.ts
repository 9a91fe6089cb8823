/** Names of the market features an observation holds, known before any market is: the tracker's own. */
import { FeatureTracker } from '../../market/features/feature-tracker.ts';
import { betfairRules } from '../../market/venues/betfair.ts';

const tracker = new FeatureTracker({
  id: '',
  venue: 'betfair',
  name: '',
  eventName: '',
  kind: '',
  country: '',
  rules: betfairRules(),
  runners: [],
  scheduledMillis: 0,
  fingerprint: '',
  synthetic: false
});

export const RUNNER_FEATURES: readonly string[] = tracker.names;
export const MARKET_FEATURES: readonly string[] = tracker.marketNames;
/** Changes with the meaning of any of them. */
export const FEATURE_HASH: string = tracker.schemaHash;
