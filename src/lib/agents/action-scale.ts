/** Between an action space's own range and the [-1, 1] that agents think in. */
import type { Box } from '../core/spaces.ts';

/** @param into receives [n, action] within the space's bounds */
export function toSpace(space: Box, unit: Float32Array, into: Float32Array | Int32Array): void {
  const half = (space.high - space.low) / 2;
  for (let i = 0; i < unit.length; i++) into[i] = space.low + half * (unit[i]! + 1);
}

/** @param into receives [n, action] in [-1, 1] */
export function fromSpace(space: Box, actions: ArrayLike<number>, into: Float32Array): void {
  const half = (space.high - space.low) / 2;
  for (let i = 0; i < into.length; i++) {
    into[i] = Math.min(1, Math.max(-1, (actions[i]! - space.low) / half - 1));
  }
}
