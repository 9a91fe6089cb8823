/**
 * Rules that leave markets out of training by a figure of their quality: `lag p99 > 2 s`, `gaps > 0`. Saved with the
 * dataset as plain data; written and read as text. Knows no storage and no page.
 */
import { AppError } from '../../core/errors.ts';
import type { MarketQuality } from './figures.ts';

export type Measure = Exclude<keyof MarketQuality, 'version' | 'traded' | 'volume'>;

export interface MeasureAbout {
  readonly measure: Measure;
  /** As a rule names it. */
  readonly name: string;
  /** What the figure is, for a reader. */
  readonly about: string;
  /** A rule's value is in it; `''` for counts and shares. */
  readonly unit: 'ms' | 's' | '';
  /** The rule that is offered first. */
  readonly offered: QualityRule;
}

export const OPERATORS = ['>', '>=', '<', '<=', '='] as const;
type Operator = (typeof OPERATORS)[number];

/** Markets of which it holds are left out; one that lacks the figure is kept. */
export interface QualityRule {
  readonly measure: Measure;
  readonly operator: Operator;
  /** In the measure's unit. */
  readonly value: number;
}

const count = (measure: Measure, name: string, about: string): MeasureAbout => ({
  measure,
  name,
  about,
  unit: '',
  offered: { measure, operator: '>', value: 0 }
});
const lag = (measure: Measure, name: string, about: string, value: number): MeasureAbout => ({
  measure,
  name,
  about,
  unit: 'ms',
  offered: { measure, operator: '>', value }
});

export const MEASURES: readonly MeasureAbout[] = [
  count('gaps', 'gaps', 'places where messages are missing or could not be read'),
  count('backwardTime', 'backward time', 'messages whose time or number lies before the one before'),
  count('crossedBooks', 'crossed books', 'messages after which a bid was not below the asks of an open market'),
  count('checksumFailures', 'checksum failures', "books that did not give the venue's checksum"),
  count('repeatedMessages', 'repeated messages', 'messages that came twice'),
  count('missingDefinition', 'missing definition', 'markets that were never defined, wholly or for a runner'),
  count('clippedAnomalies', 'clipped anomalies', 'values that cannot be true, rounded or left out'),
  {
    measure: 'tradedToVolume',
    name: 'trades to volume',
    about: "sum of the trades for each unit of the venue's own volume",
    unit: '',
    offered: { measure: 'tradedToVolume', operator: '>', value: 1.05 }
  },
  {
    measure: 'silenceSeconds',
    name: 'silence',
    about: 'longest time without a message in the ten minutes before the off',
    unit: 's',
    offered: { measure: 'silenceSeconds', operator: '>', value: 60 }
  },
  lag('lagP50Millis', 'lag p50', 'from the venue to reception, median', 500),
  lag('lagP90Millis', 'lag p90', 'from the venue to reception, nine in ten messages', 1000),
  lag('lagP99Millis', 'lag p99', 'from the venue to reception, 99 in 100 messages', 2000),
  lag('lagMaxMillis', 'lag max', 'from the venue to reception, the slowest message', 5000)
];

const aboutOf = (measure: Measure): MeasureAbout => {
  const about = MEASURES.find((one) => one.measure === measure);
  if (about === undefined) throw new Error(`no measure is called ${measure}`);
  return about;
};

export const ruleText = ({ measure, operator, value }: QualityRule): string => {
  const { name, unit } = aboutOf(measure);
  return `${name} ${operator} ${String(value)}${unit === '' ? '' : ` ${unit}`}`;
};

const RULE = /^\s*(.+?)\s*(>=|<=|>|<|=)\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|min|%)?\s*$/u;
const IN_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60 };

/** @throws config.invalid when it is no rule; times may be given in ms, s or min, shares in per cent */
export function parseRule(text: string): QualityRule {
  const [, name = '', operator = '', digits = '', unit] = RULE.exec(text) ?? [];
  const about = MEASURES.find((one) => one.name === name.toLowerCase());
  if (about === undefined) {
    throw wrong(text, 'one of its figures, a comparison and a number', name === '' ? 'something else' : name);
  }
  const value = Number(digits);
  const scale = scaleOf(about, unit);
  if (scale === undefined) throw wrong(text, about.unit === '' ? 'a plain number' : 'a time in ms, s or min', digits);
  return { measure: about.measure, operator: operator as Operator, value: round(value * scale) };
}

function scaleOf({ unit, measure }: MeasureAbout, given: string | undefined): number | undefined {
  if (given === undefined) return 1;
  if (unit === '') return given === '%' && measure === 'tradedToVolume' ? 0.01 : undefined;
  const seconds = IN_SECONDS[given];
  return seconds === undefined ? undefined : unit === 'ms' ? seconds * 1000 : seconds;
}

/** As a decimal number was written: 0.3 s are 300 ms. */
const round = (value: number): number => Number(value.toPrecision(12));

const wrong = (text: string, expected: string, got: string): AppError =>
  new AppError('config.invalid', {
    subject: `rule ${JSON.stringify(text)}`,
    expected,
    got,
    remedy: `write it as in: lag p99 > 2 s (figures: ${MEASURES.map((one) => one.name).join(', ')})`
  });

export function takesOut({ measure, operator, value }: QualityRule, quality: MarketQuality): boolean {
  const figure = quality[measure];
  switch (operator) {
    case '>':
      return figure > value;
    case '>=':
      return figure >= value;
    case '<':
      return figure < value;
    case '<=':
      return figure <= value;
    case '=':
      return figure === value;
  }
}

/** The first rule that takes it out. */
export const excludedBy = (
  rules: readonly QualityRule[],
  quality: MarketQuality | undefined
): QualityRule | undefined => (quality === undefined ? undefined : rules.find((rule) => takesOut(rule, quality)));

export interface RuleEffect {
  readonly rule: QualityRule;
  /** Markets of which it holds. */
  readonly takes: number;
  /** Of those, the ones that no other rule takes out. */
  readonly alone: number;
}

/** What each rule does beside the others, of the markets whose figures these are. */
export function ruleEffects(rules: readonly QualityRule[], markets: readonly MarketQuality[]): readonly RuleEffect[] {
  return rules.map((rule) => {
    const taken = markets.filter((quality) => takesOut(rule, quality));
    const alone = taken.filter((quality) => !rules.some((other) => other !== rule && takesOut(other, quality)));
    return { rule, takes: taken.length, alone: alone.length };
  });
}
