/** Observation and action spaces, after Gymnasium's `spaces`. Shapes are per environment, without the batch axis. */

export interface Box {
  readonly kind: 'box';
  readonly size: number;
  /** Bounds of every number; the widest of them where `each` says more. Infinite where there is none. */
  readonly low: number;
  readonly high: number;
  /** [size] each: bounds number by number, where they differ. */
  readonly each?: { readonly low: readonly number[]; readonly high: readonly number[] };
}
export interface Discrete {
  readonly kind: 'discrete';
  readonly n: number;
}
export interface MultiDiscrete {
  readonly kind: 'multiDiscrete';
  readonly n: readonly number[];
}
export type ActionSpace = Box | Discrete | MultiDiscrete;

/** A box whose numbers are bounded one by one. */
export function boxOf(bounds: readonly (readonly [low: number, high: number])[]): Box {
  const low = bounds.map(([least]) => least);
  const high = bounds.map(([, most]) => most);
  return { kind: 'box', size: bounds.length, low: Math.min(...low), high: Math.max(...high), each: { low, high } };
}

/** Bounds of number `k` of a box. */
export const boundsAt = ({ low, high, each }: Box, k: number): readonly [low: number, high: number] => [
  each?.low[k] ?? low,
  each?.high[k] ?? high
];

/** Numbers one environment's action takes in an action array. */
export function actionSize(space: ActionSpace): number {
  switch (space.kind) {
    case 'box':
      return space.size;
    case 'discrete':
      return 1;
    case 'multiDiscrete':
      return space.n.length;
  }
}
