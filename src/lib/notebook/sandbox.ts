/**
 * The page's side of the frame in which cells run. The frame has an opaque origin and no network; it is spoken to
 * through one port, and what it sends is checked before anything is done. A frame that hangs is thrown away.
 */
import * as v from 'valibot';
import { asAppError } from '../core/errors.ts';
import type {
  AnswerTable,
  CellDefinition,
  FrameCellState,
  FrameFont,
  FrameTheme,
  HostMessage,
  Question
} from './protocol.ts';
import { HELLO, frameMessageSchema } from './protocol.ts';

export interface SandboxOptions {
  /** The frame's document: its address, or its text where there is no server to ask (tests). */
  readonly source: { readonly url: string } | { readonly html: string };
  readonly answer: (question: Question) => Promise<AnswerTable>;
  readonly onHeight: (cell: number, height: number) => void;
  readonly onState: (cell: number, state: FrameCellState, message: string | undefined) => void;
  readonly onPoint: (cell: number, edit: boolean) => void;
  readonly onLink: (to: string) => void;
  /** The frame was sent elsewhere, by a cell most likely; it has been replaced by an empty one. */
  readonly onLost: () => void;
  /** False once the frame has not answered for two seconds: a cell is busy or hangs. */
  readonly onResponsive: (responsive: boolean) => void;
  /** A frame has been made, the first or another: it knows nothing yet of theme, fonts and places. */
  readonly onRestart: (sandbox: Sandbox) => void;
  readonly title: string;
}

const PING_EVERY_MILLIS = 1000;
const BUSY_AFTER_MILLIS = 2000;

export class Sandbox {
  readonly #parent: HTMLElement;
  readonly #options: SandboxOptions;
  #frame: HTMLIFrameElement | undefined;
  #port: MessagePort | undefined;
  #waiting: HostMessage[] = [];
  #ready = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastAlive = 0;
  #responsive = true;

  constructor(parent: HTMLElement, options: SandboxOptions) {
    this.#parent = parent;
    this.#options = options;
    this.restart();
  }

  /** A fresh frame without any cell; whatever ran before is gone. */
  restart(): void {
    this.#close();
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.title = this.#options.title;
    frame.referrerPolicy = 'no-referrer';
    let loads = 0;
    frame.addEventListener('load', () => {
      // A cell that sends its frame elsewhere would leave the policy behind: such a frame is not spoken to again.
      if (++loads === 1) this.#greet(frame);
      else {
        this.restart();
        this.#options.onLost();
      }
    });
    if ('url' in this.#options.source) frame.src = this.#options.source.url;
    else frame.srcdoc = this.#options.source.html;
    this.#frame = frame;
    this.#parent.append(frame);
    this.#options.onRestart(this);
  }

  define(cells: readonly CellDefinition[]): void {
    this.#send({ kind: 'define', cells });
  }

  remove(cell: number): void {
    this.#send({ kind: 'remove', cell });
  }

  layout(places: readonly { readonly cell: number; readonly top: number }[]): void {
    this.#send({ kind: 'layout', places });
  }

  theme(theme: FrameTheme): void {
    this.#send({ kind: 'theme', theme });
  }

  fonts(fonts: readonly FrameFont[]): void {
    this.#send({ kind: 'fonts', fonts });
  }

  dispose(): void {
    this.#close();
  }

  #close(): void {
    clearInterval(this.#timer);
    this.#port?.close();
    this.#frame?.remove();
    this.#port = undefined;
    this.#frame = undefined;
    this.#ready = false;
    this.#waiting = [];
    this.#setResponsive(true);
  }

  #greet(frame: HTMLIFrameElement): void {
    const channel = new MessageChannel();
    this.#port = channel.port1;
    channel.port1.onmessage = (event: MessageEvent<unknown>) => {
      this.#receive(event.data, channel.port1);
    };
    // The frame's origin is opaque, so no target origin can name it; the port goes to this window alone.
    frame.contentWindow?.postMessage(HELLO, '*', [channel.port2]);
    this.#lastAlive = performance.now();
    this.#timer = setInterval(() => {
      this.#watch();
    }, PING_EVERY_MILLIS);
  }

  #watch(): void {
    if (document.hidden) {
      this.#lastAlive = performance.now();
      return;
    }
    this.#setResponsive(performance.now() - this.#lastAlive < BUSY_AFTER_MILLIS);
    this.#port?.postMessage({ kind: 'ping' } satisfies HostMessage);
  }

  #setResponsive(responsive: boolean): void {
    if (responsive === this.#responsive) return;
    this.#responsive = responsive;
    this.#options.onResponsive(responsive);
  }

  #send(message: HostMessage): void {
    if (this.#ready) this.#port?.postMessage(message);
    else this.#waiting.push(message);
  }

  #receive(data: unknown, port: MessagePort): void {
    if (port !== this.#port) return;
    this.#lastAlive = performance.now();
    this.#setResponsive(true);
    const parsed = v.safeParse(frameMessageSchema, data);
    if (!parsed.success) {
      this.#refuse(data, port, v.summarize(parsed.issues));
      return;
    }
    const message = parsed.output;
    switch (message.kind) {
      case 'ready':
        this.#ready = true;
        for (const each of this.#waiting.splice(0)) port.postMessage(each);
        return;
      case 'height':
        this.#options.onHeight(message.cell, message.height);
        return;
      case 'state':
        this.#options.onState(message.cell, message.state, message.message);
        return;
      case 'point':
        this.#options.onPoint(message.cell, message.edit);
        return;
      case 'link':
        this.#options.onLink(message.to);
        return;
      case 'question':
        void this.#reply(message.id, message.question, port);
        return;
      case 'alive':
        return;
    }
  }

  /** A question that is not one of ours gets an answer, so that its cell fails with a reason instead of waiting. */
  #refuse(data: unknown, port: MessagePort, why: string): void {
    const id = v.safeParse(v.object({ kind: v.literal('question'), id: v.number() }), data);
    if (!id.success) return;
    const message = `The page does not answer this: ${why}`;
    port.postMessage({ kind: 'refusal', id: id.output.id, message } satisfies HostMessage);
  }

  async #reply(id: number, question: Question, port: MessagePort): Promise<void> {
    try {
      const table = await this.#options.answer(question);
      port.postMessage({ kind: 'answer', id, table } satisfies HostMessage);
    } catch (thrown) {
      const { message } = asAppError(thrown, question.ask);
      port.postMessage({ kind: 'refusal', id, message } satisfies HostMessage);
    }
  }
}
