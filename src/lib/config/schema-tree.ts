/**
 * The configuration's schema as a plain tree of groups, variants and fields, read out of valibot once, so that the
 * form, the messages of the reader and the comparison with a preset all speak of the very same fields. Knows valibot's
 * structure; nothing else in the project has to.
 */
import type { FieldAbout } from './fields.ts';
import { RunConfigSchema } from './run-config.ts';

export type FieldType = 'number' | 'integer' | 'choice' | 'text';
export type Scalar = string | number;

/** One value a user may set. */
export interface FieldNode {
  readonly kind: 'field';
  readonly type: FieldType;
  readonly about: FieldAbout;
  readonly min?: number;
  readonly max?: number;
  readonly options?: readonly Scalar[];
  /** What it is when it is left out; a field without one must be given. */
  readonly default?: Scalar;
}

export interface GroupNode {
  readonly kind: 'group';
  readonly about: FieldAbout;
  readonly entries: ReadonlyMap<string, SchemaNode>;
  /** True when the whole group may be left out. */
  readonly optional: boolean;
}

/** One of several groups, chosen by the value of the field `key`. */
export interface VariantNode {
  readonly kind: 'variant';
  readonly about: FieldAbout;
  readonly key: string;
  /** The choosing field, with every group's values as options. */
  readonly choice: FieldNode;
  readonly groups: readonly GroupNode[];
}

export type SchemaNode = FieldNode | GroupNode | VariantNode;

/** What is used of a valibot schema or action; every member is there only on some of them. */
interface Raw {
  readonly kind: string;
  readonly type: string;
  readonly wrapped?: Raw;
  readonly default?: unknown;
  readonly pipe?: readonly Raw[];
  readonly entries?: Readonly<Record<string, Raw>>;
  readonly options?: readonly (Raw | Scalar)[];
  readonly key?: string;
  readonly literal?: Scalar;
  readonly requirement?: unknown;
  readonly metadata?: Partial<FieldAbout>;
}

const isScalar = (value: unknown): value is Scalar => typeof value === 'string' || typeof value === 'number';

/** The words of a name made of several: `stakeCap` reads `Stake cap`. */
function titleOf(name: string): string {
  if (name === 'env') return 'Environment';
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function aboutOf(raw: Raw, name: string): FieldAbout {
  const given = raw.pipe?.find((step) => step.type === 'metadata')?.metadata ?? {};
  return {
    title: given.title ?? titleOf(name),
    description: given.description ?? '',
    ...(given.unit === undefined ? {} : { unit: given.unit })
  };
}

function numberIn(steps: readonly Raw[], type: string): number | undefined {
  const found = steps.find((step) => step.type === type)?.requirement;
  return typeof found === 'number' ? found : undefined;
}

function fieldOf(raw: Raw, name: string, initial: unknown): FieldNode {
  const steps = raw.pipe ?? [];
  const options = raw.type === 'literal' ? [raw.literal] : raw.options;
  const isInteger = steps.some((step) => step.type === 'integer');
  const type: FieldType =
    options !== undefined ? 'choice' : raw.type !== 'number' ? 'text' : isInteger ? 'integer' : 'number';
  const min = numberIn(steps, type === 'text' ? 'min_length' : 'min_value');
  const max = numberIn(steps, type === 'text' ? 'max_length' : 'max_value');
  return {
    kind: 'field',
    type,
    about: aboutOf(raw, name),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(options === undefined ? {} : { options: options.filter(isScalar) }),
    ...(isScalar(initial) ? { default: initial } : {})
  };
}

function groupOf(raw: Raw, name: string, optional: boolean): GroupNode {
  const entries = Object.entries(raw.entries ?? {}).map(([key, entry]) => [key, nodeOf(entry, key)] as const);
  return { kind: 'group', about: aboutOf(raw, name), entries: new Map(entries), optional };
}

function variantOf(raw: Raw, name: string, key: string): VariantNode {
  const groups = (raw.options ?? []).flatMap((option) => (isScalar(option) ? [] : [groupOf(option, name, false)]));
  const choices = groups.flatMap((group) => {
    const chooser = group.entries.get(key);
    return chooser?.kind === 'field' ? [chooser] : [];
  });
  const choice: FieldNode = {
    kind: 'field',
    type: 'choice',
    about: choices[0]?.about ?? { title: titleOf(key), description: '' },
    options: choices.flatMap((chooser) => chooser.options ?? [])
  };
  return { kind: 'variant', about: aboutOf(raw, name), key, choice, groups };
}

function nodeOf(raw: Raw, name: string): SchemaNode {
  const inner = raw.type === 'optional' && raw.wrapped !== undefined ? raw.wrapped : raw;
  if (inner.type === 'variant' && inner.key !== undefined) return variantOf(inner, name, inner.key);
  if (inner.entries !== undefined) return groupOf(inner, name, raw.type === 'optional');
  return fieldOf(inner, name, raw.default);
}

/** The tree of `RunConfigSchema`. */
export const runConfigTree: GroupNode = groupOf(RunConfigSchema, 'run', false);

/** The group of a variant that a value of its choosing field selects. */
export function chosenGroup(node: VariantNode, value: unknown): GroupNode | undefined {
  return node.groups.find((group) => {
    const chooser = group.entries.get(node.key);
    return chooser?.kind === 'field' && isScalar(value) && (chooser.options ?? []).includes(value);
  });
}

/** What a field takes, in words: `a whole number from 1 to 24`. */
export function takes(field: Pick<FieldNode, 'type' | 'min' | 'max' | 'options'>): string {
  const { type, min, max, options = [] } = field;
  const range = min === undefined || max === undefined ? '' : ` from ${min} to ${max}`;
  switch (type) {
    case 'integer':
      return `a whole number${range}`;
    case 'number':
      return `a number${range}`;
    case 'text':
      return `text of ${min ?? 0} to ${max ?? 'any number of'} characters`;
    case 'choice':
      return options.length === 1
        ? JSON.stringify(options[0])
        : `one of ${options.map((o) => JSON.stringify(o)).join(', ')}`;
  }
}
