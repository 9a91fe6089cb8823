/** What differs between two configurations, field by field: what a run changed against its preset. */
import { formFields, valueAt } from './form-model.ts';
import type { FormField } from './form-model.ts';
import type { RunConfig } from './run-config.ts';
import type { Scalar } from './schema-tree.ts';

export interface ConfigDifference {
  readonly path: string;
  readonly title: string;
  readonly unit?: string;
  /** Undefined where that side has no such field, because it chose another environment or agent. */
  readonly before: Scalar | undefined;
  readonly after: Scalar | undefined;
}

/** Differences in the schema's order; names are labels and are not compared. */
export function diffConfig(before: RunConfig, after: RunConfig): ConfigDifference[] {
  const fields = new Map<string, FormField>();
  for (const field of [...formFields(after), ...formFields(before)]) {
    if (field.path !== 'name' && !fields.has(field.path)) fields.set(field.path, field);
  }
  return [...fields.values()].flatMap(({ path, title, unit }) => {
    const [old, now] = [valueAt(before, path), valueAt(after, path)];
    if (old === now) return [];
    return [{ path, title, ...(unit === undefined ? {} : { unit }), before: old, after: now }];
  });
}
