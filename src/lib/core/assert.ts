/** Two guards for what only a bug can cause. Anything a user or a venue can cause is an `AppError`. */

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Closes an exhaustive `switch` over a tagged union: the compiler refuses a forgotten case. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
