/** Progress on a terminal: one line rewritten in place, or a line now and then where the output is a file. */
import type { HeadlessEvent } from '../../src/lib/config/headless.ts';

const PLAIN_EVERY_MILLIS = 5000;

export class ProgressLine {
  readonly #out: NodeJS.WriteStream;
  readonly #total: number;
  #open = false;
  #lastMillis = Number.NEGATIVE_INFINITY;

  constructor(out: NodeJS.WriteStream, totalUpdates: number) {
    this.#out = out;
    this.#total = totalUpdates;
  }

  show(event: HeadlessEvent, nowMillis: number): void {
    switch (event.kind) {
      case 'import':
        this.#replace(
          `reading ${event.file}: ${(event.fraction * 100).toFixed(0)} %, ${event.messages} messages`,
          nowMillis
        );
        return;
      case 'training':
        this.#replace(this.#training(event), nowMillis);
        return;
      case 'device':
        this.line(`device: ${event.label} (${event.why})`);
        return;
      case 'notice':
        this.line(event.text);
    }
  }

  /** A line that stays. */
  line(text: string): void {
    this.close();
    this.#out.write(`${text}\n`);
  }

  close(): void {
    if (this.#open) this.#out.write('\n');
    this.#open = false;
  }

  #training({ updates, environmentSteps, row }: HeadlessEvent & { kind: 'training' }): string {
    const parts = [`update ${updates}/${this.#total}`, `${environmentSteps} steps`];
    const add = (name: string, label: string, digits: number): void => {
      const value = row[name];
      if (value !== undefined) parts.push(`${label} ${value.toFixed(digits)}`);
    };
    add('return', 'return', 3);
    add('green_rate', 'green', 2);
    add('traded_rate', 'traded', 2);
    add('critic_loss', 'critic loss', 4);
    add('loss', 'loss', 4);
    add('updates_per_second', 'updates/s', 1);
    const rate = row['updates_per_second'];
    if (rate !== undefined && rate > 0) parts.push(`${Math.ceil((this.#total - updates) / rate)} s left`);
    return parts.join(' · ');
  }

  #replace(text: string, nowMillis: number): void {
    if (this.#out.isTTY) {
      this.#out.write(`\r\u001b[2K${text.slice(0, Math.max(20, this.#out.columns - 1))}`);
      this.#open = true;
    } else if (nowMillis - this.#lastMillis >= PLAIN_EVERY_MILLIS) {
      this.#lastMillis = nowMillis;
      this.#out.write(`${text}\n`);
    }
  }
}
