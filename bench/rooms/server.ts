/**
 * The thin server: how soon it answers, and what the guarded proxy costs over asking an exchange directly. The exchange
 * is the tests' own on the loop-back address, so that only our part is measured.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { guardedAgent } from '../../server/proxy/guard.ts';
import { TokenBuckets } from '../../server/proxy/limits.ts';
import { operations } from '../../server/proxy/operations.ts';
import { Proxy } from '../../server/proxy/proxy.ts';
import { systemClock } from '../../server/services.ts';
import { FakeExchange } from '../../tests/support/fake-exchange.ts';
import type { Figure } from '../figure.ts';

const root = join(import.meta.dirname, '..', '..');
const CALLS = 500;
const WARM_UP = 250;
const TURNS = 10;
const AT_ONCE = 8;
const START_GOAL_SECONDS = 3;

/** Seconds from the start of a command to the first answer of `/api/health` at the address it prints. */
async function secondsToAnswer(command: string, args: readonly string[]): Promise<number> {
  const began = performance.now();
  // A group of its own, because npm does not hand signals on to all that it starts.
  const child = spawn(command, args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  try {
    const address = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        output += chunk.toString();
        const printed = /http:\/\/localhost:\d+\//u.exec(output);
        if (printed !== null) resolve(printed[0]);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.on('error', reject);
      child.on('exit', (code) => {
        reject(new Error(`${command} ${args.join(' ')} ended with ${String(code)}: ${output}`));
      });
    });
    const response = await fetch(`${address}api/health`);
    await response.text();
    if (!response.ok) throw new Error(`/api/health answered ${String(response.status)}`);
    return (performance.now() - began) / 1000;
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  }
}

async function fastest(passes: number, measure: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < passes; i++) best = Math.min(best, await measure());
  return best;
}

type Call = () => Promise<unknown>;

/**
 * Milliseconds of a call, one after the other: the mean of the best turn. The two take turns, so that both see the same
 * machine; other work on it only ever slows a turn down.
 */
async function millisEach(first: Call, second: Call): Promise<readonly [number, number]> {
  const turn = async (call: Call, times: number): Promise<number> => {
    const began = performance.now();
    for (let i = 0; i < times; i++) await call();
    return (performance.now() - began) / times;
  };
  await turn(first, WARM_UP);
  await turn(second, WARM_UP);
  let best: [number, number] = [Infinity, Infinity];
  for (let i = 0; i < TURNS; i++) {
    const took = [await turn(first, CALLS / TURNS), await turn(second, CALLS / TURNS)] as const;
    best = [Math.min(best[0], took[0]), Math.min(best[1], took[1])];
  }
  return best;
}

async function callsPerSecond(call: Call): Promise<number> {
  let left = CALLS;
  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return CALLS / ((performance.now() - began) / 1000);
}

const candle = (i: number): readonly unknown[] => [
  1_700_000_000_000 + i * 60_000,
  '84000.10000000',
  '84010.00000000',
  '83990.20000000',
  '84005.30000000',
  '12.34560000',
  1_700_000_059_999 + i * 60_000,
  '1036938.12000000',
  841,
  '6.10000000',
  '512400.50000000',
  '0'
];

export async function* figures(): AsyncGenerator<Figure> {
  const bare = await fastest(3, () => secondsToAnswer(process.execPath, ['server/main.ts', '--port', '0']));
  yield { name: 'server/main.ts to its first answer', value: bare, unit: 's' };
  // The first pass builds when a source has changed; a start counts only when nothing has.
  await secondsToAnswer('npm', ['start', '--', '--port', '0']);
  const whole = await fastest(3, () => secondsToAnswer('npm', ['start', '--', '--port', '0']));
  yield {
    name: 'a second npm start to its first answer',
    value: whole,
    unit: 's',
    goal: START_GOAL_SECONDS,
    met: whole < START_GOAL_SECONDS
  };

  const exchange = new FakeExchange();
  await exchange.listen();
  exchange.answerJson(Array.from({ length: 100 }, (_, i) => candle(i)));
  const direct = new Agent({ connections: AT_ONCE });
  const guarded = guardedAgent({ timeoutMillis: 10_000, allow: new Set([exchange.host]) });
  const unlimited = { capacity: 1e9, perSecond: 1e9 };
  const proxy = new Proxy({
    operations: operations.map((operation) => ({ ...operation, origin: exchange.origin })),
    dispatcher: guarded,
    perClient: new TokenBuckets(unlimited, systemClock),
    perVenue: new TokenBuckets(unlimited, systemClock),
    clock: systemClock,
    timeoutMillis: 10_000,
    retries: 2
  });
  const parameters = { symbol: 'BTCUSDT', interval: '1m', limit: '100' };
  // Read as the proxy reads it, so that the difference is what it adds: checks, limits, retries, the guarded socket.
  const ask = async (): Promise<unknown> => {
    const url = `${exchange.origin}/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=100`;
    const { body } = await fetch(url, { dispatcher: direct, headers: { accept: 'application/json' } });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  };
  const call = async (): Promise<unknown> =>
    await proxy.call({ operation: 'binance.klines', parameters, client: 'bench' });
  try {
    const [plain, through] = await millisEach(ask, call);
    const what = `100 candles, ${String(CALLS)} calls`;
    yield {
      name: `${what} through the proxy, one after the other; baseline: a direct fetch`,
      value: through,
      unit: 'ms a call',
      baseline: plain,
      ratio: plain / through
    };
    const plainRate = await callsPerSecond(ask);
    const rate = await callsPerSecond(call);
    yield {
      name: `${what} through the proxy, ${String(AT_ONCE)} at once; baseline: a direct fetch`,
      value: rate,
      unit: 'calls/s',
      baseline: plainRate,
      ratio: rate / plainRate
    };
  } finally {
    await Promise.all([direct.close(), guarded.close()]);
    await exchange.close();
  }
}
