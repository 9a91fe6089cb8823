/** What the charts and the evaluations show of market episodes. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { MarketEnvSchema } from '../config/run-config.ts';
import { preOffSpec } from '../env/market/pre-off-spec.ts';
import { summariseEpisodes } from './episode-figures.ts';

describe('what a run logs of its episodes', () => {
  it('has every figure and every reward term apart', () => {
    const config = v.parse(MarketEnvSchema, { id: 'AUPreOffV7TradeCost', curriculumSteps: 10 });
    const spec = preOffSpec(config);
    const info = spec.info.map((name) => (name === 'realism' ? 0.25 : name === 'traded' ? 1 : 0.5));
    const terms = spec.rewardTerms.map((_, k) => k + 1);
    const row = summariseEpisodes(spec, [{ episode: 0, return: 21, length: 7, terms, info }]);
    const names = [
      ...['green_rate', 'traded_rate', 'worst_roi_p95', 'mtm_roi_mean', 'cvar_5pc'],
      ...['orders_submitted', 'orders_filled', 'slippage_bps', 'latency_ms', 'pnl']
    ];
    for (const name of names) expect(row, name).toHaveProperty(name);
    expect(row['realism']).toBe(0.25);
    expect(spec.rewardTerms.map((name) => row[`reward.${name}`])).toEqual(terms);
    expect(spec.rewardTerms).toEqual([
      'mark_to_market',
      'all_green',
      'worst_runner',
      'exposure',
      'trade_cost',
      'order_spam'
    ]);
  });
});
