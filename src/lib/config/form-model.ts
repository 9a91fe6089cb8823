/**
 * The form of a run's configuration as a flat list, made from the schema: the app draws it, and draws anything that is
 * added to the schema later without being changed itself.
 */
import { isAlgorithm, trainableOn } from './action-kinds.ts';
import { checkConfig } from './check-config.ts';
import { configInvalid } from './config-problem.ts';
import type { RunConfig } from './run-config.ts';
import type { FieldNode, FieldType, GroupNode, Scalar, SchemaNode } from './schema-tree.ts';
import { chosenGroup, runConfigTree, takes } from './schema-tree.ts';

export interface FormField {
  /** `env.reward.markToMarket` */
  readonly path: string;
  /** Titles of the groups it stands in, outermost first: `['Environment', 'Reward']`. */
  readonly groups: readonly string[];
  readonly title: string;
  readonly description: string;
  readonly unit?: string;
  readonly type: FieldType;
  readonly min?: number;
  readonly max?: number;
  readonly options?: readonly Scalar[];
  readonly default?: Scalar;
  /** True when its value decides which other fields there are: the form must be made again when it changes. */
  readonly chooses: boolean;
  /** What it takes, in words. */
  readonly takes: string;
}

type Mapping = Readonly<Record<string, unknown>>;
const mapping = (value: unknown): Mapping => (typeof value === 'object' && value !== null ? (value as Mapping) : {});

function formField(field: FieldNode, path: string, groups: readonly string[], chooses: boolean): FormField {
  const { kind: _kind, about, ...rest } = field;
  return { path, groups, ...about, ...rest, chooses, takes: takes(field) };
}

function fieldsIn(group: GroupNode, value: Mapping, path: string, groups: readonly string[]): FormField[] {
  return [...group.entries].flatMap(([key, node]) =>
    fieldsAt(node, value[key], path === '' ? key : `${path}.${key}`, groups)
  );
}

function fieldsAt(node: SchemaNode, value: unknown, path: string, groups: readonly string[]): FormField[] {
  switch (node.kind) {
    case 'field':
      return path === 'version' ? [] : [formField(node, path, groups, false)];
    case 'group':
      return fieldsIn(node, mapping(value), path, [...groups, node.about.title]);
    case 'variant': {
      const inside = [...groups, node.about.title];
      const group = chosenGroup(node, mapping(value)[node.key]) ?? node.groups[0];
      const rest = group === undefined ? [] : fieldsIn(group, mapping(value), path, inside);
      const chooser = formField(node.choice, `${path}.${node.key}`, inside, true);
      return [chooser, ...rest.filter((field) => field.path !== chooser.path)];
    }
  }
}

/** Of the environments only those that the chosen algorithm can train on: the others would be refused. */
function onlyTrainable(field: FormField, config: RunConfig): FormField {
  if (field.path !== 'env.id') return field;
  const trainable = trainableOn(config.agent.algorithm);
  const options = (field.options ?? []).filter((id) => trainable.includes(String(id)));
  return { ...field, options, takes: takes({ ...field, options }) };
}

/**
 * Every field of a configuration's form, in the schema's order; `config` decides which variants are shown, and which
 * environments there are to choose from.
 */
export const formFields = (config: RunConfig): FormField[] =>
  fieldsIn(runConfigTree, config, '', []).map((field) => onlyTrainable(field, config));

/** The value at a path, undefined where there is none. */
export function valueAt(config: RunConfig, path: string): Scalar | undefined {
  let value: unknown = config;
  for (const key of path.split('.')) value = mapping(value)[key];
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

function replaced(value: Mapping, keys: readonly string[], leaf: Scalar): Mapping {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  return { ...value, [key]: rest.length === 0 ? leaf : replaced(mapping(value[key]), rest, leaf) };
}

/** Keeps of `value` what the group the new choice selects knows; the rest then takes its defaults. */
function kept(config: Mapping, choosing: string): Mapping {
  const [top, key] = choosing.split('.');
  const node = top === undefined ? undefined : runConfigTree.entries.get(top);
  if (top === undefined || key === undefined || node?.kind !== 'variant') return config;
  const value = mapping(config[top]);
  const group = chosenGroup(node, value[key]);
  if (group === undefined) return config;
  return { ...config, [top]: Object.fromEntries(Object.entries(value).filter(([name]) => group.entries.has(name))) };
}

/** With an algorithm that cannot train on the environment chosen, the first that it can train on. */
function suited(config: Mapping, path: string, algorithm: Scalar): Mapping {
  if (path !== 'agent.algorithm' || !isAlgorithm(algorithm)) return config;
  const [first, ...others] = trainableOn(algorithm);
  const now = mapping(config['env'])['id'];
  if (first === undefined || now === first || others.some((id) => id === now)) return config;
  return kept(replaced(config, ['env', 'id'], first), 'env.id');
}

/** The new choice's group as its defaults have it, for where what could be kept of the old one does not go with them. */
function afresh(config: Mapping, choosing: string): Mapping {
  const [top = '', key = ''] = choosing.split('.');
  return { ...config, [top]: { [key]: mapping(config[top])[key] } };
}

/**
 * The configuration with one field changed. Changing a field that `chooses` keeps what the newly chosen group knows and
 * fills the rest with defaults; where the two clash it takes the defaults alone.
 * @throws AppError `config.invalid` when the field does not take the value, or it clashes with another field
 */
export function withValue(config: RunConfig, path: string, value: Scalar): RunConfig {
  const changed = suited(replaced(config, path.split('.'), value), path, value);
  const checked = checkConfig(kept(changed, path));
  if (checked.ok) return checked.config;
  if (path === 'agent.algorithm' && isAlgorithm(value)) {
    const fresh = checkConfig(afresh(changed, path));
    if (fresh.ok) return fresh.config;
  }
  throw configInvalid('the form', checked.problems);
}
