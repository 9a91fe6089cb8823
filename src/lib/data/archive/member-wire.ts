/**
 * A file's members unpacked on one thread and read on another: what `members` gives, over a message port. So much and no
 * more is sent ahead of the reader, and that bounds the memory. Knows no thread and no format.
 */
import { aborted, asAppError, fromWire, toWire } from '../../core/errors.ts';
import type { WireError } from '../../core/errors.ts';
import type { Container } from '../records.ts';
import type { Member, MemberOptions } from './members.ts';

/** The browser's port and Node's alike. */
export interface MemberPort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

/** Bytes on their way at the most: some blocks of bzip2. */
const AHEAD = 8 << 20;

type Told = { readonly read: number } & (
  | { readonly kind: 'member'; readonly path: string; readonly containers: readonly Container[] }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end'; readonly sha256?: string; readonly error?: WireError }
  | { readonly kind: 'refused'; readonly path: string; readonly error: WireError }
  | { readonly kind: 'done'; readonly error?: WireError }
);
/** Without a kind, so that each can be told with how much has been read by then. */
type News = Told extends infer One ? (One extends Told ? Omit<One, 'read'> : never) : never;
type Asked = { readonly kind: 'taken'; readonly bytes: number } | { readonly kind: 'stop' };

/** Resolves when all has been sent, or the reader wants no more. What goes wrong is sent, never thrown. */
export async function sendMembers(
  port: MemberPort,
  name: string,
  open: (options: MemberOptions) => AsyncIterable<Member>
): Promise<void> {
  const stop = new AbortController();
  let ahead = 0;
  let read = 0;
  let wake: (() => void) | undefined;
  port.onmessage = ({ data }: MessageEvent<Asked>) => {
    if (data.kind === 'stop') stop.abort();
    else ahead -= data.bytes;
    wake?.();
  };
  const tell = (news: News): void => {
    port.postMessage({ ...news, read }, news.kind === 'chunk' ? [news.bytes.buffer] : []);
  };
  const room = async (): Promise<void> => {
    while (ahead >= AHEAD && !stop.signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    if (stop.signal.aborted) throw aborted(name);
  };
  const send = async (member: Extract<Member, { kind: 'file' }>): Promise<void> => {
    tell({ kind: 'member', path: member.path, containers: member.containers });
    let error: WireError | undefined;
    try {
      for await (const chunk of member.chunks) {
        await room();
        ahead += chunk.length;
        // A copy: what is sent is gone from here, and the unpackers keep views of what they gave.
        tell({ kind: 'chunk', bytes: Uint8Array.from(chunk) });
      }
    } catch (thrown) {
      error = toWire(asAppError(thrown, member.path));
    }
    const sha256 = member.sha256();
    tell({ kind: 'end', ...(sha256 === undefined ? {} : { sha256 }), ...(error === undefined ? {} : { error }) });
  };
  try {
    for await (const member of open({ signal: stop.signal, onRead: (bytes) => (read = bytes) })) {
      if (member.kind === 'file') await send(member);
      else tell({ kind: 'refused', path: member.path, error: toWire(member.error) });
      if (stop.signal.aborted) break;
    }
    tell({ kind: 'done' });
  } catch (thrown) {
    tell({ kind: 'done', error: toWire(asAppError(thrown, name)) });
  } finally {
    if (stop.signal.aborted) port.close();
  }
}

export interface ReceiveOptions extends MemberOptions {
  /** Rejects when the other end breaks and can say no more. */
  readonly broken?: Promise<never>;
}

/** What `members` would have given where the file is. Stopping early stops the other end. */
export async function* receiveMembers(port: MemberPort, name: string, options: ReceiveOptions): AsyncGenerator<Member> {
  const inbox = new Inbox(port, name, options);
  try {
    for (;;) {
      const told = await inbox.next();
      if (told.kind === 'refused') yield { kind: 'refused', path: told.path, error: fromWire(told.error) };
      else if (told.kind === 'member') yield* received(told, inbox);
      else if (told.kind === 'done') {
        if (told.error !== undefined) throw fromWire(told.error);
        return;
      } else throw new Error(`expected a member, got ${told.kind}`);
    }
  } finally {
    inbox.close();
  }
}

async function* received(told: Extract<Told, { kind: 'member' }>, inbox: Inbox): AsyncGenerator<Member> {
  const at: { ended: boolean; sha256: string | undefined } = { ended: false, sha256: undefined };
  const next = async (): Promise<Uint8Array | undefined> => {
    if (at.ended) return undefined;
    const part = await inbox.next();
    if (part.kind === 'chunk') return part.bytes;
    if (part.kind !== 'end') throw new Error(`expected a chunk, got ${part.kind}`);
    at.ended = true;
    at.sha256 = part.sha256;
    if (part.error !== undefined) throw fromWire(part.error);
    return undefined;
  };
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let chunk = await next(); chunk !== undefined; chunk = await next()) yield chunk;
  };
  const { path, containers } = told;
  yield { kind: 'file', path, containers, chunks: chunks(), sha256: () => at.sha256 };
  // What its reader left: a fault in it is of no interest any more.
  while (!at.ended) await next().catch(() => undefined);
}

class Inbox {
  readonly #port: MemberPort;
  readonly #options: MemberOptions;
  readonly #name: string;
  readonly #waiting: Told[] = [];
  #failure: { readonly thrown: unknown } | undefined;
  #wake: (() => void) | undefined;
  readonly #abort = (): void => this.#wake?.();

  constructor(port: MemberPort, name: string, options: ReceiveOptions) {
    this.#port = port;
    this.#name = name;
    this.#options = options;
    options.signal?.addEventListener('abort', this.#abort);
    options.broken?.catch((thrown: unknown) => {
      this.#failure = { thrown };
      this.#wake?.();
    });
    port.onmessage = ({ data }: MessageEvent<Told>) => {
      this.#waiting.push(data);
      this.#wake?.();
    };
  }

  async next(): Promise<Told> {
    for (;;) {
      if (this.#options.signal?.aborted === true) throw aborted(this.#name);
      const told = this.#waiting.shift();
      if (told !== undefined) {
        if (told.kind === 'chunk') this.#ask({ kind: 'taken', bytes: told.bytes.length });
        this.#options.onRead?.(told.read);
        return told;
      }
      if (this.#failure !== undefined) throw this.#failure.thrown;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#ask({ kind: 'stop' });
    this.#port.onmessage = null;
    this.#port.close();
  }

  #ask(asked: Asked): void {
    this.#port.postMessage(asked, []);
  }
}
