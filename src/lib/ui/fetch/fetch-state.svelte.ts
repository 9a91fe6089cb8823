/** The form of a fetch and how the fetch goes: what is chosen, whether a server is there, progress, cancel, error. */
import { asAppError } from '$lib/core/errors.ts';
import type { AppError } from '$lib/core/errors.ts';
import { fetchFromExchange, requestTitle, serverAnswers } from './fetch-exchange.ts';
import type { ExchangeRequest, FetchedFile } from './fetch-exchange.ts';

export class FetchState {
  kind = $state<ExchangeRequest['kind']>('klines');
  symbol = $state('BTCUSDT');
  interval = $state('1m');
  count = $state('500');
  from = $state('');
  levels = $state('1000');
  /** Undefined until it is known. */
  server = $state<boolean>();
  running = $state.raw<AbortController>();
  error = $state.raw<AppError>();
  readonly #base: string;
  readonly #take: (fetched: FetchedFile) => Promise<void>;

  /** @param options.take is given what came, and imports it */
  constructor(options: { readonly base: string; readonly take: (fetched: FetchedFile) => Promise<void> }) {
    this.#base = options.base;
    this.#take = options.take;
  }

  get request(): ExchangeRequest {
    const { symbol } = this;
    return this.kind === 'depth'
      ? { kind: 'depth', symbol, levels: this.levels }
      : { kind: 'klines', symbol, interval: this.interval, count: this.count, from: this.from };
  }

  async look(): Promise<void> {
    this.server = await serverAnswers(this.#network());
  }

  async start(): Promise<void> {
    if (this.running !== undefined) return;
    const { request } = this;
    const abort = new AbortController();
    this.running = abort;
    this.error = undefined;
    try {
      const fetched = await fetchFromExchange(request, { ...this.#network(), signal: abort.signal });
      await this.#take(fetched);
    } catch (thrown) {
      const error = asAppError(thrown, requestTitle(request));
      if (error.code !== 'aborted') this.error = error;
    } finally {
      this.running = undefined;
    }
  }

  cancel(): void {
    this.running?.abort();
  }

  #network() {
    return { base: this.#base, fetch: (input: RequestInfo | URL, init?: RequestInit) => fetch(input, init) };
  }
}
