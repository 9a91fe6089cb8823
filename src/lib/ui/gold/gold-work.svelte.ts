/** One long piece of gold work at a time: what it does, how far it is, how to stop it, and how it ended. */
import { asAppError } from '$lib/core/errors.ts';
import type { AppError } from '$lib/core/errors.ts';
import type { BuildProgress } from '$lib/data/market-layer.ts';
import type { GoldCall } from '$lib/workers/gold-api.ts';

export class GoldWork {
  what = $state('');
  progress = $state.raw<BuildProgress>();
  error = $state.raw<AppError>();
  /** One sentence about what was done last. */
  done = $state('');
  #abort = $state.raw<AbortController>();

  get running(): boolean {
    return this.#abort !== undefined;
  }

  /** @param work answers with the sentence that is told when it is done */
  async run(what: string, work: (call: GoldCall) => Promise<string>): Promise<void> {
    if (this.running) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.what = what;
    this.progress = undefined;
    this.error = undefined;
    this.done = '';
    try {
      this.done = await work({ signal: abort.signal, onProgress: (progress) => (this.progress = progress) });
    } catch (thrown) {
      const error = asAppError(thrown, what);
      if (error.code === 'aborted') this.done = 'Stopped; what was finished is kept.';
      else this.error = error;
    } finally {
      this.#abort = undefined;
    }
  }

  cancel(): void {
    this.#abort?.abort();
  }
}
