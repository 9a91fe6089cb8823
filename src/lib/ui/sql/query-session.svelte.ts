/** A query being written and run: its text, its result, its plan or its error, and the way to stop it. */
import { asAppError } from '$lib/core/errors.ts';
import type { AppError } from '$lib/core/errors.ts';
import type { ResultView } from '$lib/data/arrow-columns.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import { defaultChart } from './chart-choice.ts';
import type { ChartChoice } from './chart-choice.ts';
import { planText } from './plan-text.ts';

/** `plan` is what would be done, `analysis` what was done and how long each part took. */
export type QueryKind = 'rows' | 'plan' | 'analysis';

const BEFORE: Readonly<Record<QueryKind, string>> = { rows: '', plan: 'explain ', analysis: 'explain analyze ' };

export class QuerySession {
  text = $state('');
  running = $state(false);
  /** Since it was run, while it runs. */
  seconds = $state(0);
  /** Lets statements make and change tables of the user's own. */
  mayWrite = $state(false);
  result = $state.raw<ResultView>();
  millis = $state(0);
  plan = $state.raw<{ readonly kind: Exclude<QueryKind, 'rows'>; readonly text: string }>();
  error = $state.raw<AppError>();
  /** The last query was stopped by the user: nothing is answered. */
  cancelled = $state(false);
  chart = $state.raw<ChartChoice>();
  readonly #data: Pick<DataApi, 'query'>;
  #abort: AbortController | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor(data: Pick<DataApi, 'query'>, text: string) {
    this.#data = data;
    this.text = text;
  }

  async run(kind: QueryKind = 'rows'): Promise<void> {
    if (this.text.trim() === '') return;
    this.cancel();
    this.cancelled = false;
    const abort = new AbortController();
    this.#abort = abort;
    this.running = true;
    this.#clock = setInterval(() => this.seconds++, 1000);
    this.error = undefined;
    try {
      const sql = `${BEFORE[kind]}${this.text}`;
      const [answer, { openResult }] = await Promise.all([
        this.#data.query(sql, { signal: abort.signal, mayWrite: this.mayWrite }),
        import('$lib/data/arrow-columns.ts')
      ]);
      if (this.#abort !== abort) return;
      const result = openResult(answer.ipc);
      this.millis = answer.millis;
      this.chart = undefined;
      this.result = kind === 'rows' ? result : undefined;
      this.plan = kind === 'rows' ? undefined : { kind, text: planText(result) };
    } catch (thrown) {
      const error = asAppError(thrown, 'the query');
      if (this.#abort !== abort || error.code === 'aborted') return;
      this.error = error;
      this.#forget();
    } finally {
      if (this.#abort === abort) {
        this.#stand();
      }
    }
  }

  /** Stops the query that runs; does nothing where none does. */
  cancel(): void {
    if (this.#abort === undefined) return;
    this.#abort.abort();
    this.cancelled = true;
    this.#forget();
    this.#stand();
  }

  /** An answer beside an error or a cancel would be taken for the one to what is written now. */
  #forget(): void {
    this.result = undefined;
    this.chart = undefined;
    this.plan = undefined;
  }

  #stand(): void {
    this.#abort = undefined;
    this.running = false;
    clearInterval(this.#clock);
    this.seconds = 0;
  }

  toggleChart(): void {
    this.chart = this.chart === undefined && this.result !== undefined ? defaultChart(this.result) : undefined;
  }
}
