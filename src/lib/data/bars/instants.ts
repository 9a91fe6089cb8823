/**
 * Moments as tables write them: epochs in four units, dates in three orders, with or without a zone. A local time is
 * turned into UTC by the zone's own history (the platform's tz database). Knows no table.
 */

/** `s` to `ns` are whole epochs in that unit; `iso` is year first; the others say which of two small numbers is the day. */
export const TIME_FORMS = ['iso', 'day-first', 'month-first', 's', 'ms', 'us', 'ns'] as const;
export type TimeForm = (typeof TIME_FORMS)[number];

const EPOCH_DIVISOR: Readonly<Record<'s' | 'ms' | 'us' | 'ns', number>> = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 };
const CLOCK = String.raw`(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(AM|PM|am|pm)?)?`;
const ZONE = String.raw`\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?`;
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})${CLOCK}${ZONE}$`, 'u');
const YEAR_LAST = new RegExp(String.raw`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})${CLOCK}${ZONE}$`, 'u');

/** Before this and after that no market was recorded: what lies outside was read in a wrong unit. */
const EARLIEST_MILLIS = Date.UTC(1900, 0, 1);
const LATEST_MILLIS = Date.UTC(2100, 0, 1);

export type Instant =
  | { readonly kind: 'at'; readonly millis: number }
  /** `got` says why, as a clause. */
  | { readonly kind: 'none'; readonly got: string };

/** @param after milliseconds of the moment before: which of two a clock that was put back means */
export function instantOf(text: string, form: TimeForm, zone: Zone, after = Number.NEGATIVE_INFINITY): Instant {
  if (form === 's' || form === 'ms' || form === 'us' || form === 'ns') return epochOf(text, form);
  const found = (form === 'iso' ? YEAR_FIRST : YEAR_LAST).exec(text.trim());
  if (found === null) return none(`${quoted(text)} is no date ${ORDER[form]}`);
  const [, one = '', two = '', three = '', hour, minute, second, fraction, half, offset] = found;
  const [year, month, day] =
    form === 'iso' ? [one, two, three] : form === 'day-first' ? [three, two, one] : [three, one, two];
  const hours = (Number(hour ?? 0) % (half === undefined ? 24.5 : 12)) + (/p/iu.test(half ?? '') ? 12 : 0);
  const local =
    Date.UTC(
      Number(year),
      Number(month) - 1,
      Number(day),
      Math.trunc(hours),
      Number(minute ?? 0),
      Number(second ?? 0)
    ) +
    Number(`0.${fraction ?? '0'}`) * 1000;
  const back = new Date(local);
  if (back.getUTCMonth() + 1 !== Number(month) || back.getUTCDate() !== Number(day) || Number(hour ?? 0) > 23) {
    return none(`${quoted(text)} is no day of the calendar`);
  }
  const millis = offset === undefined ? zone.toUtc(local, after) : local - offsetMillis(offset);
  if (millis === undefined) return none(`${quoted(text)} does not occur in ${zone.name}: clocks were put forward`);
  return within(millis, text);
}

const ORDER = {
  iso: 'with the year first',
  'day-first': 'day, month, year',
  'month-first': 'month, day, year'
} as const;

function epochOf(text: string, form: 's' | 'ms' | 'us' | 'ns'): Instant {
  if (!/^-?\d+(?:\.\d+)?$/u.test(text.trim())) return none(`${quoted(text)} is no epoch in ${form}`);
  return within(Number(text) / EPOCH_DIVISOR[form], text);
}

const within = (millis: number, text: string): Instant =>
  millis >= EARLIEST_MILLIS && millis <= LATEST_MILLIS
    ? { kind: 'at', millis }
    : none(`${quoted(text)} would be the year ${String(new Date(millis).getUTCFullYear())}`);

function offsetMillis(offset: string): number {
  if (!/^[+-]/u.test(offset)) return 0;
  const digits = offset.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (digits.startsWith('-') ? -minutes : minutes) * 60_000;
}

const none = (got: string): Instant => ({ kind: 'none', got });
const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** Of a column's cells so many must fit: a damaged row among the first must not hide what the column is. */
export const MOST = 0.8;

/** Forms that read most of the texts; those that read more first, then the likelier. */
export function formsOf(texts: readonly string[]): readonly TimeForm[] {
  const filled = texts.filter((text) => text.trim() !== '');
  const utc = new Zone('UTC');
  const fits = TIME_FORMS.map((form) => ({ form, count: filled.filter((text) => plausible(text, form, utc)).length }));
  return fits
    .filter(({ count }) => count > 0 && count >= MOST * filled.length)
    .sort((a, b) => b.count - a.count)
    .map(({ form }) => form);
}

/** An epoch of few digits would fit every unit in some century: exchanges have traded on screens since 1971. */
const SCREENS_SINCE = Date.UTC(1971, 0, 1);

function plausible(text: string, form: TimeForm, zone: Zone): boolean {
  const instant = instantOf(text, form, zone);
  const isEpoch = form === 's' || form === 'ms' || form === 'us' || form === 'ns';
  return instant.kind === 'at' && (!isEpoch || instant.millis >= SCREENS_SINCE);
}

const PART = 900_000;

/** A zone of the tz database; offsets are asked for once a quarter of an hour. */
export class Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat | undefined;
  readonly #offsets = new Map<number, number>();

  /** @throws RangeError for a name that is no zone */
  constructor(name: string) {
    this.name = name;
    if (name === 'UTC') return;
    this.#format = new Intl.DateTimeFormat('en-GB', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric'
    });
  }

  /** UTC of a local time; undefined where clocks skipped it. Of two that fit, the first that is after `after`. */
  toUtc(local: number, after: number): number | undefined {
    if (this.#format === undefined) return local;
    const offsets = new Set([this.#offset(local - 86_400_000), this.#offset(local + 86_400_000)]);
    const fits = [...offsets].map((offset) => local - offset).filter((utc) => utc + this.#offset(utc) === local);
    fits.sort((a, b) => a - b);
    return fits.find((utc) => utc > after) ?? fits.at(-1);
  }

  /** Milliseconds that local time is ahead of UTC. */
  #offset(utc: number): number {
    const part = Math.floor(utc / PART);
    let offset = this.#offsets.get(part);
    if (offset === undefined) {
      offset = this.#ask(part * PART);
      this.#offsets.set(part, offset);
    }
    return offset;
  }

  #ask(utc: number): number {
    const told = new Map(this.#format?.formatToParts(utc).map(({ type, value }) => [type, Number(value)]));
    const get = (type: string): number => told.get(type as Intl.DateTimeFormatPartTypes) ?? 0;
    const local = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'));
    return local - utc;
  }
}
