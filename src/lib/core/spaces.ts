/** Observation and action spaces, after Gymnasium's `spaces`. Shapes are per environment, without the batch axis. */

export interface Box {
  readonly kind: 'box';
  readonly size: number;
  readonly low: number;
  readonly high: number;
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
