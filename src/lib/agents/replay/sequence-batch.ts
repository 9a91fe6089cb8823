/**
 * What a recurrent agent learns from in one update, as flat time-major arrays that go to the device as they are.
 * A row is a moment of a stream: either a transition or, right after an episode's end, its last observation.
 */
import type { ForecastSpec } from '../../config/forecasts.ts';

export interface BatchShape {
  /** Rows before the first one learnt from: they only warm the memory up. */
  readonly burnIn: number;
  /** Transitions learnt from. */
  readonly sequence: number;
  readonly batch: number;
  readonly observation: number;
  readonly action: number;
  /** Numbers of recurrent state stored beside a row; 0 for agents without memory. */
  readonly state: number;
  /** Most steps whose rewards are summed before the bootstrap; 1 when left out. */
  readonly nStep?: number | undefined;
  /** What is told of a row later; absent where nothing is. */
  readonly forecast?: ForecastSpec | undefined;
}

/** W = burnIn + sequence + n rows (the last n only bootstrap), B sequences; n = 1 but for returns of several steps. */
export interface SequenceBatch {
  readonly shape: BatchShape;
  /** [W, B, inputWidth] observation, previous action, previous reward: see `inputWidth`. */
  readonly inputs: Float32Array;
  /** [W, B, action] in [-1, 1]. */
  readonly actions: Float32Array;
  /** [W, B]; of the rows learnt from, discounted sums over the steps that are taken together. */
  readonly rewards: Float32Array;
  /**
   * [W, B] 1 where the task ended: cuts the bootstrap. A truncated episode leaves 0: its next row is its last look. Of k
   * steps taken together 1 - γ^(k-1), so that γ times what is left is γ^k.
   */
  readonly terminated: Float32Array;
  /** [W, B] 1 where the row is a transition, 0 on the last look of an ended episode. */
  readonly valid: Float32Array;
  /** [W, B] 1 where an episode starts: the memory is cleared before the row. */
  readonly starts: Float32Array;
  /** [B, state] recurrent state before the first row, as it was when acting. */
  readonly state: Float32Array;
  /** [n, S, B] 1 at k - 1 where a row learnt from bootstraps k rows on; none where that is always the next. */
  readonly ahead: Float32Array;
  /** [B] importance of each sequence: 1 where all are drawn alike. */
  readonly weights: Float32Array;
  /** Which were drawn, for `reprioritise`. */
  readonly drawn: DrawnWindows;
  /** [W, B, columns of the forecast] what was told of the row later, and 1 where it was told; 0 in both where not. */
  readonly labels: Float32Array;
  readonly labelled: Float32Array;
}

/** Windows by their place in the rings, and by the number of their first row: a place is used again and again. */
export interface DrawnWindows {
  /** [B] */
  readonly places: Int32Array;
  /** [B] */
  readonly firsts: Float64Array;
}

export const stepsOf = ({ nStep = 1 }: Pick<BatchShape, 'nStep'>): number => nStep;

export const windowRows = (shape: Pick<BatchShape, 'burnIn' | 'sequence' | 'nStep'>): number =>
  shape.burnIn + shape.sequence + stepsOf(shape);

export const labelColumns = ({ forecast }: Pick<BatchShape, 'forecast'>): number => forecast?.kinds.length ?? 0;

/** Memory wants to know what was done and what it gave: Ni et al. 2022 (arXiv 2110.05038), section 4. */
export const inputWidth = (observation: number, action: number): number => observation + action + 1;

/** Keeps the scale of rewards from saturating the gates: sign(x) ln(1 + |x|), Hafner et al. 2023 (arXiv 2301.04104), eq. 9. */
export const symlog = (x: number): number => Math.sign(x) * Math.log1p(Math.abs(x));

export function sequenceBatch(shape: BatchShape): SequenceBatch {
  const rows = windowRows(shape) * shape.batch;
  return {
    shape,
    inputs: new Float32Array(rows * inputWidth(shape.observation, shape.action)),
    actions: new Float32Array(rows * shape.action),
    rewards: new Float32Array(rows),
    terminated: new Float32Array(rows),
    valid: new Float32Array(rows),
    starts: new Float32Array(rows),
    state: new Float32Array(shape.batch * shape.state),
    ahead: new Float32Array(stepsOf(shape) === 1 ? 0 : stepsOf(shape) * shape.sequence * shape.batch),
    weights: new Float32Array(shape.batch).fill(1),
    drawn: { places: new Int32Array(shape.batch), firsts: new Float64Array(shape.batch) },
    labels: new Float32Array(rows * labelColumns(shape)),
    labelled: new Float32Array(rows * labelColumns(shape))
  };
}
