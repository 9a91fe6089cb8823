/**
 * Any value against the schema: a whole `RunConfig` with every default filled in, or the full list of what is wrong.
 * Knows nothing of YAML; `read-config` adds the lines.
 */
import * as v from 'valibot';
import type { ConfigProblem } from './config-problem.ts';
import { consistencyProblems } from './consistency.ts';
import { didYouMean } from './did-you-mean.ts';
import type { RunConfig } from './run-config.ts';
import { RunConfigSchema } from './run-config.ts';
import type { GroupNode, SchemaNode } from './schema-tree.ts';
import { chosenGroup, runConfigTree, takes } from './schema-tree.ts';

export type Checked =
  | { readonly ok: true; readonly config: RunConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

type Mapping = Readonly<Record<string, unknown>>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** A value as a user wrote it, short enough for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (isMapping(value)) return 'a group of fields';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function fieldsOf(group: GroupNode): string {
  const names = [...group.entries.keys()];
  return names.length > 8 ? `one of its ${names.length} fields` : `one of ${names.join(', ')}`;
}

/** Fields the schema does not know; valibot names only the first of a group. */
function unknownFields(group: GroupNode, value: Mapping, path: string): ConfigProblem[] {
  return Object.keys(value).flatMap((key) => {
    const node = group.entries.get(key);
    if (node === undefined) {
      const meant = didYouMean(key, [...group.entries.keys()]);
      const remedy = meant === undefined ? 'remove it' : `did you mean "${meant}"?`;
      return [{ path: join(path, key), expected: fieldsOf(group), got: `unknown field "${key}"`, remedy }];
    }
    const inner = value[key];
    const below = groupAt(node, inner);
    return below === undefined || !isMapping(inner) ? [] : unknownFields(below, inner, join(path, key));
  });
}

function groupAt(node: SchemaNode | undefined, value: unknown): GroupNode | undefined {
  if (node?.kind === 'group') return node;
  if (node?.kind === 'variant' && isMapping(value)) return chosenGroup(node, value[node.key]);
  return undefined;
}

/** The node and the value at a path of keys; a variant is followed by what the value itself chose. */
function at(input: unknown, keys: readonly string[]): { node: SchemaNode | undefined; value: unknown } {
  let node: SchemaNode | undefined = runConfigTree;
  let value = input;
  for (const key of keys) {
    if (node?.kind === 'variant' && key === node.key) node = node.choice;
    else node = groupAt(node, value)?.entries.get(key);
    value = isMapping(value) ? value[key] : undefined;
  }
  return { node, value };
}

function expectedAt(node: SchemaNode | undefined, otherwise: string): string {
  if (node === undefined) return otherwise;
  return node.kind === 'field' ? takes(node) : 'a group of fields';
}

function problemOf(issue: v.BaseIssue<unknown>, input: unknown): ConfigProblem | undefined {
  if (issue.type === 'strict_object' && issue.expected === 'never') return undefined; // said by unknownFields
  const keys = (issue.path ?? []).map((item) => String(item.key));
  const { node, value } = at(input, keys);
  const path = keys.join('.');
  const title = node === undefined ? path : node.about.title;
  const meant =
    node?.kind === 'field' && node.options !== undefined && typeof value === 'string'
      ? didYouMean(value, node.options.map(String))
      : undefined;
  const remedy = value === undefined ? `add "${keys.at(-1) ?? ''}"` : `change "${title}"`;
  return {
    path,
    expected: expectedAt(node, issue.expected ?? 'another value'),
    got: shown(value),
    remedy: meant === undefined ? remedy : `did you mean "${meant}"?`
  };
}

/** A value, from wherever it came, as a `RunConfig` or as a list of everything that is wrong with it. */
export function checkConfig(input: unknown): Checked {
  if (!isMapping(input)) {
    const got = input === undefined || input === null ? 'nothing' : shown(input);
    return {
      ok: false,
      problems: [{ path: '', expected: 'a group of fields', got, remedy: 'start from a preset' }]
    };
  }
  const parsed = v.safeParse(RunConfigSchema, input);
  const problems = unknownFields(runConfigTree, input, '');
  const seen = new Set<string>();
  for (const issue of parsed.issues ?? []) {
    const problem = problemOf(issue, input);
    if (problem === undefined || seen.has(problem.path)) continue; // one problem a field: the first is the telling one
    seen.add(problem.path);
    problems.push(problem);
  }
  if (parsed.success && problems.length === 0) {
    const clashes = consistencyProblems(parsed.output);
    return clashes.length === 0 ? { ok: true, config: parsed.output } : { ok: false, problems: clashes };
  }
  return { ok: false, problems };
}
