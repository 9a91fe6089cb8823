/** How work is divided into shards. AssemblyScript. */

/**
 * Where the shard's range of `total` begins, a multiple of `unit`; that of the shard after it is where it ends. Ranges are
 * as even as units allow, and may be empty.
 */
// @ts-ignore: decorator
@inline export function startOf(shard: i32, shards: i32, total: i32, unit: i32): i32 {
  const units = (total + unit - 1) / unit;
  return min(total, ((units * shard) / shards) * unit);
}
