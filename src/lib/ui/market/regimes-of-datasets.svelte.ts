/** Regimes of the markets on a page: asked once a dataset, one dataset after the other, told as they come. */
import type { MarketRecord } from '$lib/data/records.ts';
import type { DataApi } from '$lib/workers/data-api.ts';

export class RegimesOfDatasets {
  readonly #data: Pick<DataApi, 'regimes'>;
  readonly #asked = new Set<string>();
  #queue: Promise<unknown> = Promise.resolve();
  #known = $state.raw<ReadonlyMap<string, string>>(new Map());

  readonly #before: () => Promise<void>;

  /** @param before awaited ahead of every dataset: what is more urgent */
  constructor(data: Pick<DataApi, 'regimes'>, before: () => Promise<void> = () => Promise.resolve()) {
    this.#data = data;
    this.#before = before;
  }

  /** A dataset that cannot be read tells no regimes; its markets say why when they are opened. */
  ask(datasets: readonly { readonly name: string; readonly fingerprint: string }[]): void {
    for (const { name, fingerprint } of datasets) {
      const key = `${name} ${fingerprint}`;
      if (this.#asked.has(key)) continue;
      this.#asked.add(key);
      this.#queue = this.#queue.then(async () => {
        await this.#before();
        const found = await this.#data.regimes(name).catch(() => []);
        const more = found.map(({ market, regime }) => [`${name}/${market}`, regime] as const);
        this.#known = new Map([...this.#known, ...more]);
      });
    }
  }

  readonly of = ({ dataset, id }: Pick<MarketRecord, 'dataset' | 'id'>): string | undefined =>
    this.#known.get(`${dataset}/${id}`);
}
