/**
 * Mark-outs: how far the price has moved some time after a moment, ln(mid then / mid now). They look ahead, so they are
 * labels to learn or to judge by; nothing that an agent sees is made of them.
 */

/** Seconds after the moment. */
export const MARK_OUT_SECONDS = [5, 30, 120, 300] as const;

export const MARK_OUT_NAMES: readonly string[] = MARK_OUT_SECONDS.map((after) => `mark_out_${String(after)}s`);

/**
 * @param times seconds, rising, [moments]
 * @param logMids natural logarithm of the mid at each moment, NaN where there is none, [moments, slots]
 * @param into [moments, slots]; NaN where either price is missing or the moments end before
 */
export function markOuts(
  times: Float64Array,
  logMids: Float64Array,
  afterSeconds: number,
  into: Float32Array | Float64Array
): void {
  const slots = logMids.length / Math.max(1, times.length);
  let later = 0;
  for (let moment = 0; moment < times.length; moment++) {
    const due = times[moment]! + afterSeconds;
    while (later < times.length && times[later]! < due) later++;
    // The price that stands when it is due: that of the moment itself, else of the one before, if recording goes on.
    const at = later < times.length && times[later]! === due ? later : later - 1;
    const known = later < times.length;
    for (let slot = 0; slot < slots; slot++) {
      const now = logMids[moment * slots + slot]!;
      into[moment * slots + slot] = known ? logMids[at * slots + slot]! - now : Number.NaN;
    }
  }
}
