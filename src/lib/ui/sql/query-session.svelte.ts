/** A query being written and run: its text, its result or its error, and the way to stop it. */
import { asAppError } from '$lib/core/errors.ts';
import type { AppError } from '$lib/core/errors.ts';
import type { ResultColumns } from '$lib/data/arrow-columns.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import { defaultChart } from './chart-choice.ts';
import type { ChartChoice } from './chart-choice.ts';

export class QuerySession {
  text = $state('');
  running = $state(false);
  result = $state.raw<ResultColumns & { readonly millis: number }>();
  error = $state.raw<AppError>();
  chart = $state.raw<ChartChoice>();
  readonly #data: DataApi;
  #abort: AbortController | undefined;

  constructor(data: DataApi, text: string) {
    this.#data = data;
    this.text = text;
  }

  async run(): Promise<void> {
    if (this.text.trim() === '') return;
    this.cancel();
    const abort = new AbortController();
    this.#abort = abort;
    this.running = true;
    this.error = undefined;
    try {
      const [answer, { decodeResult }] = await Promise.all([
        this.#data.query(this.text, { signal: abort.signal }),
        import('$lib/data/arrow-columns.ts')
      ]);
      if (this.#abort !== abort) return;
      this.result = { ...decodeResult(answer.ipc), millis: answer.millis };
      this.chart = undefined;
    } catch (thrown) {
      const error = asAppError(thrown, 'the query');
      if (this.#abort === abort && error.code !== 'aborted') this.error = error;
    } finally {
      if (this.#abort === abort) {
        this.#abort = undefined;
        this.running = false;
      }
    }
  }

  cancel(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    this.running = false;
  }

  toggleChart(): void {
    this.chart = this.chart === undefined && this.result !== undefined ? defaultChart(this.result) : undefined;
  }
}
