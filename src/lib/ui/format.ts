/** Numbers as the pages show them: with units, a true minus, and widths that do not jump. Pure. */

const MINUS = '\u2212';
const THIN = '\u202f';

/** By decimals. Made when first needed: making one takes some hundred times as long as using it. */
const formats = new Map<number, Intl.NumberFormat>();

function formatOf(decimals: number): Intl.NumberFormat {
  let format = formats.get(decimals);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  return format;
}

/** A number with so many decimals, thousands separated, and a true minus sign. */
export function formatNumber(value: number, decimals = 0): string {
  if (!Number.isFinite(value)) return '–';
  const text = formatOf(decimals).format(Math.abs(value));
  const zero = Number(text.replaceAll(',', '')) === 0;
  return value < 0 && !zero ? `${MINUS}${text}` : text;
}

/** As `formatNumber`, with a plus where it is above zero. */
export function formatSigned(value: number, decimals = 2): string {
  const text = formatNumber(value, decimals);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** So many significant digits without an exponent in the usual range: charts, losses. */
export function formatSignificant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  if (magnitude < -5 || magnitude > 9) return value.toExponential(digits - 1).replaceAll('-', MINUS);
  return formatNumber(value, Math.max(0, Math.min(8, digits - 1 - magnitude)));
}

/** A share 0 to 1 as `81.4 %`. */
export const formatPercent = (share: number, decimals = 1): string =>
  Number.isFinite(share) ? `${formatNumber(share * 100, decimals)}${THIN}%` : '–';

/** `182,400`, `1.2 M`. */
export function formatCount(value: number): string {
  if (Math.abs(value) < 1e6) return formatNumber(value);
  if (Math.abs(value) < 1e9) return `${formatNumber(value / 1e6, 1)}${THIN}M`;
  return `${formatNumber(value / 1e9, 1)}${THIN}G`;
}

/** Short ticks for axes: `60k`, `1.5M`. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 10_000) return `${trim(value / 1e3)}k`;
  if (size !== 0 && size < 1e-4) return value.toExponential(0).replaceAll('-', MINUS);
  return trim(value);
}

function trim(value: number): string {
  const text = Number(value.toPrecision(4)).toLocaleString('en-GB', { maximumFractionDigits: 6 });
  return text.replace('-', MINUS);
}

/** `214 MB`, decimal units as operating systems print them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${formatNumber(value, unit === 0 || value >= 99.5 ? 0 : 1)} ${units[unit] ?? ''}`;
}

/** `4 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 0.95) return `${formatNumber(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${formatNumber(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `12:01` today, `9 Nov` this year, `9 Nov 2025` before. */
export function formatMoment(millis: number, nowMillis: number): string {
  const then = new Date(millis);
  const now = new Date(nowMillis);
  if (then.toDateString() === now.toDateString()) {
    return then.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  }
  const day = then.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return then.getFullYear() === now.getFullYear() ? day : `${day} ${then.getFullYear()}`;
}

/** `1 market`, `12 markets`. */
export const plural = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${formatCount(count)} ${count === 1 ? noun : nouns}`;

/** A time to the off as `03:41`; hours only where there are some. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
