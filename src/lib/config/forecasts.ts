/**
 * What an agent may learn to tell of the near future besides how to act, so that its memory holds what matters for it.
 * Of a market, a number a runner slot; said when the future has come, and never part of an observation.
 */
import type { AgentConfig } from './agent-config.ts';

/**
 * - `price`: by how much the last traded price changes, 100 ln(p' / p): per cent.
 * - `volume`: what is traded, ln(1 + V), V in stake caps.
 * - `fill`: whether an order that joins the queue at the best price is reached, 1 or 0.
 */
export const FORECAST_KINDS = ['price', 'volume', 'fill'] as const;
export type ForecastKind = (typeof FORECAST_KINDS)[number];

/** What an environment tells of a decision once it has come. */
export interface ForecastSpec {
  /** Decisions ahead. */
  readonly steps: number;
  /** By column; those of a kind stand side by side. */
  readonly kinds: readonly ForecastKind[];
}

/** How much the error of each kind counts in the loss; 0 for not at all. */
export type ForecastWeights = Readonly<Record<ForecastKind, number>>;

/** Undefined for an agent that forecasts nothing. */
export function forecastWeights(agent: AgentConfig): ForecastWeights | undefined {
  if (!('auxSteps' in agent)) return undefined;
  const weights = { price: agent.auxPrice, volume: agent.auxVolume, fill: agent.auxFill };
  return FORECAST_KINDS.some((kind) => weights[kind] > 0) ? weights : undefined;
}

/** Decisions ahead that an agent forecasts; 0 for one that forecasts nothing. */
export const forecastSteps = (agent: AgentConfig): number =>
  'auxSteps' in agent && forecastWeights(agent) !== undefined ? agent.auxSteps : 0;
