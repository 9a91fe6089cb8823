/** Between what is typed, values, and the YAML's text. Pure. */
import { parseDocument } from 'yaml';
import type { FormField } from '$lib/config/form-model.ts';
import { AppError } from '$lib/core/errors.ts';

/** What was typed into a field as the value its type wants. @throws AppError `config.invalid` */
export function parseInput(field: FormField, typed: string): string | number {
  const numeric =
    field.type === 'number' ||
    field.type === 'integer' ||
    (field.type === 'choice' && field.options?.some((option) => typeof option === 'number') === true);
  if (!numeric) return typed;
  const value = Number(typed.trim().replace(',', '.'));
  if (typed.trim() === '' || !Number.isFinite(value)) {
    throw new AppError('config.invalid', {
      subject: field.title,
      expected: field.takes,
      got: typed.trim() === '' ? 'nothing' : `"${typed}"`,
      remedy: field.default === undefined ? 'give a number' : `the default is ${field.default}`
    });
  }
  return value;
}

/** The YAML with one value changed, everything else (order, comments) as the reader wrote it. */
export function withYamlValue(text: string, path: string, value: string | number): string {
  const document = parseDocument(text);
  const keys = path.split('.');
  const node = document.getIn(keys, true);
  if (typeof node === 'object' && node !== null && 'value' in node) node.value = value;
  else document.setIn(keys, value);
  return document.toString({ lineWidth: 0 });
}

export interface FieldGroup {
  readonly heading: string;
  readonly fields: readonly FormField[];
}

/** Fields in the order of the schema, cut where the group changes. */
export function groupFields(fields: readonly FormField[]): FieldGroup[] {
  const groups: { heading: string; fields: FormField[] }[] = [];
  for (const field of fields) {
    const heading = field.groups.join(', ') || 'Run';
    const last = groups.find((group) => group.heading === heading);
    if (last !== undefined) last.fields.push(field);
    else groups.push({ heading, fields: [field] });
  }
  return groups;
}
