/**
 * The guarded proxy: a named operation in, the venue's own JSON out. Fixed hosts, no redirects, private addresses
 * refused, limits a client and a venue, time-out, retry with jitter (all operations here are safe to repeat) and a
 * circuit breaker a venue. Must not know of pages or sockets of clients.
 */
import {
  CircuitBreakerPolicy,
  ConsecutiveBreaker,
  ExponentialBackoff,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
  retry,
  wrap
} from 'cockatiel';
import type { IPolicy } from 'cockatiel';
import { fetch } from 'undici';
import type { Dispatcher } from 'undici';
import * as v from 'valibot';
import { AppError } from '../../src/lib/core/errors.ts';
import type { Clock } from '../../src/lib/core/time.ts';
import type { TokenBuckets } from './limits.ts';
import type { Operation } from './operations.ts';

export interface ProxyAnswer {
  /** The venue's JSON text as it came. */
  readonly body: string;
  readonly fetchedMillis: number;
  /** The parameters as they were sent, defaults filled in. */
  readonly parameters: Readonly<Record<string, string | number>>;
}

export interface ProxyParts {
  readonly operations: readonly Operation[];
  readonly dispatcher: Dispatcher;
  readonly perClient: TokenBuckets;
  readonly perVenue: TokenBuckets;
  readonly clock: Clock;
  readonly timeoutMillis: number;
  readonly retries: number;
}

/** What may be tried again: the network, and a venue's own trouble; never a refusal of ours or of the venue. */
class Transient extends Error {}

export class Proxy {
  readonly #parts: ProxyParts;
  readonly #policies = new Map<string, IPolicy>();

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  async call(request: {
    readonly operation: string;
    readonly parameters: Readonly<Record<string, string>>;
    readonly client: string;
    readonly signal?: AbortSignal;
  }): Promise<ProxyAnswer> {
    const operation = this.#operation(request.operation);
    const parameters = checked(operation, request.parameters);
    this.#limit(operation, request.client);
    const url = new URL(operation.path, operation.origin);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
    try {
      const body = await this.#policy(operation.venue).execute(
        ({ signal }) => this.#fetch(operation, url, signal),
        request.signal
      );
      return { body, parameters, fetchedMillis: this.#parts.clock.epochMillis() };
    } catch (error) {
      throw asNetworkError(error, operation);
    }
  }

  #operation(name: string): Operation {
    const found = this.#parts.operations.find((operation) => operation.name === name);
    if (found !== undefined) return found;
    throw new AppError('proxy.operation', {
      subject: `operation ${JSON.stringify(name.slice(0, 60))}`,
      expected: this.#parts.operations.map((operation) => operation.name).join(' or '),
      got: 'a name the proxy does not know',
      remedy: 'name one of those'
    });
  }

  #limit(operation: Operation, client: string): void {
    const forClient = this.#parts.perClient.take(client, 1);
    const wait = forClient > 0 ? forClient : this.#parts.perVenue.take(operation.venue, operation.weight);
    if (wait <= 0) return;
    const who = forClient > 0 ? 'this client' : operation.venue;
    throw new AppError('proxy.limit', {
      subject: operation.name,
      got: `the request limit of ${who} is used up`,
      remedy: `try again in ${Math.ceil(wait)} s`
    });
  }

  #policy(venue: string): IPolicy {
    const known = this.#policies.get(venue);
    if (known !== undefined) return known;
    const transient = handleWhen((error) => error instanceof Transient);
    const breaker: CircuitBreakerPolicy = circuitBreaker(transient, {
      halfOpenAfter: 10_000,
      breaker: new ConsecutiveBreaker(5)
    });
    const again = retry(transient, {
      maxAttempts: this.#parts.retries,
      backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 2000 })
    });
    const policy = wrap(again, breaker);
    this.#policies.set(venue, policy);
    return policy;
  }

  async #fetch(operation: Operation, url: URL, signal: AbortSignal): Promise<string> {
    const timeout = AbortSignal.timeout(this.#parts.timeoutMillis);
    let response;
    try {
      response = await fetch(url, {
        dispatcher: this.#parts.dispatcher,
        redirect: 'error',
        headers: { accept: 'application/json', 'user-agent': 'furlong' },
        signal: AbortSignal.any([signal, timeout])
      });
    } catch (error) {
      if (signal.aborted) throw error;
      const refused = appErrorIn(error);
      throw refused ?? new Transient(timeout.aborted ? 'no answer in time' : innermost(error), { cause: error });
    }
    const text = await readLimited(response.body as AsyncIterable<Uint8Array> | null, operation);
    if (response.status === 429 || response.status === 418 || response.status >= 500) {
      throw new Transient(`the exchange answered ${response.status}`);
    }
    if (!response.ok) throw venueRefusal(operation, response.status, text);
    try {
      JSON.parse(text);
    } catch (error) {
      throw new Transient('the exchange answered with something that is not JSON', { cause: error });
    }
    return text;
  }
}

function checked(
  operation: Operation,
  given: Readonly<Record<string, string>>
): Readonly<Record<string, string | number>> {
  const result = v.safeParse(operation.parameters, given);
  if (result.success) {
    const sent = Object.entries(result.output).filter(
      (entry): entry is [string, string | number] => entry[1] !== undefined
    );
    return Object.fromEntries(sent);
  }
  const [issue] = result.issues;
  const [, expected] = /^expected (.+)$/su.exec(issue.message) ?? [];
  // Missing where the parameter itself is: JSON has no word for it.
  const came = issue.input === undefined ? 'nothing' : JSON.stringify(issue.input).slice(0, 80);
  throw new AppError('proxy.operation', {
    subject: `${operation.name} ${v.getDotPath(issue) ?? ''}`.trim(),
    ...(expected === undefined ? { got: issue.message } : { expected, got: came }),
    remedy: 'correct the parameter'
  });
}

async function readLimited(body: AsyncIterable<Uint8Array> | null, operation: Operation): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > operation.maxBytes) {
      throw new AppError('network.refused', {
        subject: operation.name,
        expected: `at most ${operation.maxBytes} bytes`,
        got: 'a longer answer',
        remedy: 'ask for less'
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function venueRefusal(operation: Operation, status: number, text: string): AppError {
  return new AppError('network.refused', {
    subject: operation.name,
    got: `${operation.venue} answered ${status}: ${venueWords(text)}`,
    remedy: 'correct the request'
  });
}

/** The venue's own words: `msg` of its JSON where it has one, else the beginning of what it sent. */
function venueWords(text: string): string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return text.slice(0, 200);
  }
  const told = v.safeParse(v.object({ msg: v.string() }), json);
  return (told.success ? told.output.msg : text).slice(0, 200);
}

function appErrorIn(error: unknown): AppError | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof AppError) return at;
  }
  return undefined;
}

function innermost(error: unknown): string {
  let message = String(error);
  for (let at: unknown = error; at instanceof Error; at = at.cause) message = at.message;
  return message;
}

function asNetworkError(error: unknown, operation: Operation): unknown {
  if (error instanceof Transient || isBrokenCircuitError(error)) {
    return new AppError('network.unavailable', {
      subject: operation.venue,
      got: error instanceof Transient ? error.message : 'it failed five times running, so it is left alone for 10 s',
      remedy: 'check that this machine reaches the internet, and try again',
      cause: error
    });
  }
  return error;
}
