/**
 * The contract between the command line and the page it drives: `/headless` sets `window.furlong` to a `HeadlessPage`
 * and calls `window.furlongEvent`, which the command line has put there. Plain data only.
 */

export type HeadlessEvent =
  | { readonly kind: 'import'; readonly file: string; readonly fraction: number; readonly messages: number }
  | {
      readonly kind: 'training';
      readonly updates: number;
      readonly environmentSteps: number;
      readonly row: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'device'; readonly label: string; readonly why: string }
  | { readonly kind: 'notice'; readonly text: string };

export interface HeadlessImport {
  readonly dataset: string;
  readonly markets: number;
  readonly trainable: number;
  readonly messages: number;
  readonly runners: number;
  readonly trades: number;
  readonly oddities: readonly { readonly code: string; readonly count: number; readonly example: string }[];
}

export interface HeadlessResult {
  readonly id: string;
  readonly name: string;
  readonly state: 'finished' | 'stopped' | 'failed' | 'interrupted' | 'running' | 'paused';
  readonly error?: string;
  readonly updates: number;
  readonly environmentSteps: number;
  readonly configYaml: string;
  readonly metrics: readonly Readonly<Record<string, number>>[];
  /** An `EvaluationReport` of the research room, as JSON text; absent when the run ended before one. */
  readonly evaluationJson?: string;
  readonly checkpoint?: { readonly safetensorsBase64: string; readonly json: string };
  /** A link that shows this run's claim and trains it again. */
  readonly linkFragment?: string;
}

/** A failure as data: what the user reads, and a code. */
export type HeadlessOutcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: string; readonly message: string };

export interface HeadlessPage {
  /** Imports what was chosen in the page's `#files` input. */
  importChosen(): Promise<HeadlessOutcome<HeadlessImport>>;
  /** Trains to the end, a stop or a failure; gives the run's id. */
  train(configYaml: string): Promise<HeadlessOutcome<string>>;
  /** Ends an import or a run, or the one that would come next: it stays stopped. */
  stop(): Promise<void>;
  result(id: string): Promise<HeadlessOutcome<HeadlessResult>>;
}
