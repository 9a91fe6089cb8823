/** What charts draw, and how it is thinned before it is drawn. Pure. */

export interface ChartSeries {
  readonly label: string;
  /** One value a point of x; NaN where there is none. */
  readonly values: ArrayLike<number>;
  readonly tone: 'accent' | 'ink' | 'muted' | 'faint';
  readonly dashed?: boolean;
}

export interface Baseline {
  readonly label: string;
  readonly value: number;
}

export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * At most about `limit` points: equal runs of points become their mean, so that a noisy curve keeps its level, and the
 * last point stays the last.
 */
export function thinned(x: ArrayLike<number>, y: ArrayLike<number>, limit: number): Points {
  const n = Math.min(x.length, y.length);
  const stride = Math.max(1, Math.ceil(n / limit));
  const count = Math.ceil(n / stride);
  const xs = new Float64Array(count);
  const ys = new Float64Array(count);
  for (let bin = 0; bin < count; bin++) {
    const end = Math.min(n, (bin + 1) * stride);
    let sum = 0;
    let known = 0;
    for (let i = bin * stride; i < end; i++) {
      const value = y[i] ?? Number.NaN;
      if (Number.isFinite(value)) {
        sum += value;
        known++;
      }
    }
    xs[bin] = x[end - 1] ?? 0;
    ys[bin] = known === 0 ? Number.NaN : sum / known;
  }
  return { x: xs, y: ys };
}

/** A centred mean over `window` known points; the line over the noise. */
export function smoothed(y: ArrayLike<number>, window: number): Float64Array {
  const n = y.length;
  const half = Math.floor(window / 2);
  const sums = new Float64Array(n + 1);
  const counts = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) {
    const value = y[i] ?? Number.NaN;
    const known = Number.isFinite(value);
    sums[i + 1] = (sums[i] ?? 0) + (known ? value : 0);
    counts[i + 1] = (counts[i] ?? 0) + (known ? 1 : 0);
  }
  return Float64Array.from({ length: n }, (_, i) => {
    if (!Number.isFinite(y[i] ?? Number.NaN)) return Number.NaN;
    const low = Math.max(0, i - half);
    const high = Math.min(n, i + half + 1);
    return ((sums[high] ?? 0) - (sums[low] ?? 0)) / ((counts[high] ?? 0) - (counts[low] ?? 0));
  });
}

/** Lowest and highest of all series and baselines, with a little room; [0, 1] when there is nothing. */
export function valueRange(
  series: readonly ArrayLike<number>[],
  baselines: readonly Baseline[],
  fixed: readonly [number | undefined, number | undefined] = [undefined, undefined]
): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number): void => {
    if (!Number.isFinite(value)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const values of series) for (let i = 0; i < values.length; i++) take(values[i] ?? Number.NaN);
  for (const baseline of baselines) take(baseline.value);
  if (low > high) return [fixed[0] ?? 0, fixed[1] ?? 1];
  const room = high > low ? (high - low) * 0.06 : Math.max(Math.abs(high) * 0.1, 1e-6);
  // A baseline at the top needs room for its name.
  return [fixed[0] ?? low - room, fixed[1] ?? high + room * (baselines.length > 0 ? 2.2 : 1)];
}

/** Indices of `count` points spread over `length`, first and last among them: the rows of a chart's table. */
export function spread(length: number, count: number): number[] {
  if (length <= count) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - 1)) / (count - 1)));
}

/** An SVG path through the known points, in a box of `width` by `height`. */
export function sparkPath(values: ArrayLike<number>, width: number, height: number): string {
  const [low, high] = valueRange([values], []);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let path = '';
  let pen = 'M';
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const y = height - ((value - low) / (high - low)) * height;
    path += `${pen}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
  }
  return path;
}
