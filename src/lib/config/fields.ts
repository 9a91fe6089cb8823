/** The kinds of fields a configuration is made of: a valibot schema with bounds, a default and what the form shows. */
import * as v from 'valibot';

/** What the form shows of a field. */
export interface FieldAbout {
  readonly title: string;
  readonly description: string;
  readonly unit?: string;
}

export const field = (title: string, description: string, unit?: string): FieldAbout => ({
  title,
  description,
  ...(unit === undefined ? {} : { unit })
});

export const integer = (low: number, high: number, value: number, about: FieldAbout) =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(low), v.maxValue(high), v.metadata({ ...about })), value);
export const real = (low: number, high: number, value: number, about: FieldAbout) =>
  v.optional(v.pipe(v.number(), v.minValue(low), v.maxValue(high), v.metadata({ ...about })), value);
export const text = (about: FieldAbout) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(120), v.metadata({ ...about }));
/** Amounts that were recorded, as text: `sampleList` reads it. */
export const samples = (about: FieldAbout) =>
  v.optional(v.pipe(v.string(), v.minLength(0), v.maxLength(20_000), v.metadata({ ...about })), '');
export const choice = <const T extends readonly string[]>(options: T, about: FieldAbout) =>
  v.pipe(v.picklist(options), v.metadata({ ...about }));
