/**
 * Everything that crosses between the page and the frame that runs cells. The frame is not trusted: what it sends is
 * checked here, and there is nothing else it can ask for.
 */
import * as v from 'valibot';

const cell = v.pipe(v.number(), v.integer(), v.minValue(1));
const shortText = v.pipe(v.string(), v.maxLength(200));

/** What a cell may ask of the page. */
export const questionSchema = v.variant('ask', [
  v.strictObject({ ask: v.literal('sql'), query: v.pipe(v.string(), v.minLength(1), v.maxLength(100_000)) }),
  v.strictObject({ ask: v.literal('markets'), dataset: v.optional(shortText) }),
  v.strictObject({
    ask: v.literal('series'),
    market: shortText,
    runner: v.union([shortText, v.pipe(v.number(), v.integer(), v.minValue(0))]),
    points: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(20_000))
  }),
  v.strictObject({ ask: v.literal('runs') })
]);
export type Question = v.InferOutput<typeof questionSchema>;

export const frameMessageSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('ready') }),
  v.strictObject({ kind: v.literal('alive') }),
  v.strictObject({
    kind: v.literal('height'),
    cell,
    /** CSS pixels. */
    height: v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(200_000))
  }),
  v.strictObject({
    kind: v.literal('state'),
    cell,
    state: v.picklist(['running', 'done', 'failed']),
    message: v.optional(v.pipe(v.string(), v.maxLength(20_000)))
  }),
  /** The pointer or the focus is in a cell's result; `edit` when it was pressed twice. */
  v.strictObject({ kind: v.literal('point'), cell, edit: v.boolean() }),
  /** A link was pressed. Places in the app are opened at once; any other address only after the reader says so. */
  v.strictObject({
    kind: v.literal('link'),
    to: v.union([
      v.pipe(v.string(), v.maxLength(500), v.regex(/^\/(?!\/)[\w%./~-]*$/, 'a path in the app without a query')),
      v.pipe(v.string(), v.maxLength(2000), v.url(), v.regex(/^https?:/, 'a web address'))
    ])
  }),
  v.strictObject({ kind: v.literal('question'), id: v.pipe(v.number(), v.integer()), question: questionSchema })
]);
export type FrameMessage = v.InferOutput<typeof frameMessageSchema>;
export type FrameCellState = 'running' | 'done' | 'failed';

/** A cell as the source of a function, ready to be defined. */
export interface CellDefinition {
  readonly id: number;
  readonly body: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly output?: string;
  readonly autodisplay: boolean;
  readonly autoview: boolean;
}

/** A table in columns: what SQL, `markets`, `series` and `runs` come back as. A `date` column holds milliseconds. */
export interface AnswerTable {
  readonly columns: readonly {
    readonly name: string;
    readonly type: 'number' | 'text' | 'date' | 'boolean' | 'other';
  }[];
  readonly values: readonly (readonly unknown[])[];
  readonly rows: number;
}

export interface FrameTheme {
  readonly dark: boolean;
  /** Custom properties of the page, by name: `--ink`. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface FrameFont {
  readonly family: string;
  readonly bytes: ArrayBuffer;
  readonly weight: string;
  readonly style: string;
}

export type HostMessage =
  | { readonly kind: 'theme'; readonly theme: FrameTheme }
  | { readonly kind: 'fonts'; readonly fonts: readonly FrameFont[] }
  | { readonly kind: 'define'; readonly cells: readonly CellDefinition[] }
  | { readonly kind: 'remove'; readonly cell: number }
  /** Where each cell's result stands, in CSS pixels from the top of the frame, in reading order. */
  | { readonly kind: 'layout'; readonly places: readonly { readonly cell: number; readonly top: number }[] }
  | { readonly kind: 'ping' }
  | { readonly kind: 'answer'; readonly id: number; readonly table: AnswerTable }
  | { readonly kind: 'refusal'; readonly id: number; readonly message: string };

/** What the frame is told first, with the port that everything else goes through. */
export const HELLO = 'furlong-notebook';
