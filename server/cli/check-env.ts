/** `check-env`: the checks of an environment on one that a user wrote, as a report to read. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../src/lib/core/errors.ts';
import { checkEnv } from '../../src/lib/env/check-env.ts';
import type { CheckOptions } from '../../src/lib/env/check-env.ts';
import { ENV_CHECKS } from '../../src/lib/env/env-faults.ts';
import type { EnvCheck, EnvFault } from '../../src/lib/env/env-faults.ts';
import type { VectorEnv } from '../../src/lib/env/vector-env.ts';
import { nodeHeap } from '../../src/lib/env/node-heap.ts';

/** What a module says of its environment. */
interface EnvModule {
  readonly make: () => VectorEnv;
  readonly options: CheckOptions;
}

/**
 * @returns the exit code: 0 when every check holds, 1 when one does not
 * @throws AppError `data.missing` without such a file, `data.kind` when it makes no environment, `data.corrupt` when it
 *   or the environment throws
 */
export async function checkEnvFile(file: string, out: (line: string) => void): Promise<number> {
  const { make, options } = await readModule(file);
  const faults = running(file, () => checkEnv(make, { heap: nodeHeap(), ...options }));
  for (const line of report(faults)) out(line);
  return faults.length === 0 ? 0 : 1;
}

/** A line a check, and under it a line a fault. */
function report(faults: readonly EnvFault[]): string[] {
  // Steps are not taken in an environment whose spaces or arrays are wrong.
  const stopped = faults.length > 0 && faults.every(({ check }) => check === 'spec' || check === 'arrays');
  const lines = (Object.keys(ENV_CHECKS) as EnvCheck[]).flatMap((check) => {
    const found = faults.filter((fault) => fault.check === check);
    const skipped = stopped && check !== 'spec' && check !== 'arrays';
    const mark = found.length > 0 ? 'FAULT' : skipped ? '-' : 'ok';
    return [`${mark.padEnd(6)}${check.padEnd(13)} ${ENV_CHECKS[check]}`, ...found.map(({ what }) => `      ${what}`)];
  });
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return [...lines, faults.length === 0 ? 'every check holds' : count];
}

async function readModule(file: string): Promise<EnvModule> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) {
    throw new AppError('data.missing', {
      subject: file,
      expected: 'a module, .ts or .js',
      got: found?.isDirectory() === true ? 'a folder' : 'nothing that can be read',
      remedy: 'give the path of a file whose default export makes an environment; see docs/environments.md'
    });
  }
  const module = (await import(pathToFileURL(resolve(file)).href).catch((error: unknown) => {
    throw threw(file, 'it cannot be loaded', error);
  })) as Readonly<Record<string, unknown>>;
  const make = module['default'];
  if (typeof make !== 'function') throw notAnEnvironment(file, `exports ${named(Object.keys(module))}`);
  const made: unknown = running(file, () => (make as () => unknown)());
  if (!isVectorEnv(made)) throw notAnEnvironment(file, 'what the default export returns is none');
  made.dispose();
  return { make: make as () => VectorEnv, options: optionsOf(file, module['checkOptions']) };
}

const named = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : `only ${names.join(', ')}`);

function notAnEnvironment(file: string, got: string): AppError {
  return new AppError('data.kind', {
    subject: file,
    expected: 'a default export that is a function and returns a VectorEnv',
    got,
    remedy: 'export one as docs/environments.md shows'
  });
}

function isVectorEnv(value: unknown): value is VectorEnv {
  if (typeof value !== 'object' || value === null) return false;
  const env = value as Partial<Record<keyof VectorEnv, unknown>>;
  const methods = [env.reset, env.step, env.dispose];
  const parts = [env.spec, env.buffers];
  return (
    methods.every((one) => typeof one === 'function') && parts.every((one) => typeof one === 'object' && one !== null)
  );
}

function optionsOf(file: string, given: unknown): CheckOptions {
  if (given === undefined) return {};
  const options = (typeof given === 'object' && given !== null ? given : {}) as Readonly<Record<string, unknown>>;
  const wrong = (key: string): AppError =>
    new AppError('data.kind', {
      subject: `${file}: checkOptions.${key}`,
      expected: key === 'seeded' ? 'true or false' : 'a whole number from 1',
      got: String(options[key]),
      remedy: 'change it or leave it out'
    });
  for (const key of ['steps', 'seed', 'maxSteps']) {
    const value = options[key];
    if (value !== undefined && (!Number.isInteger(value) || (value as number) < 1)) throw wrong(key);
  }
  if (options['seeded'] !== undefined && typeof options['seeded'] !== 'boolean') throw wrong('seeded');
  return options;
}

/** What a user's code throws is named as theirs, with the place in their file. */
function running<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw threw(file, 'it throws', error);
  }
}

function threw(file: string, what: string, error: unknown): AppError {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new AppError('data.corrupt', {
    subject: file,
    got: `${what}: ${text}`,
    remedy: 'correct it and check again',
    cause: error
  });
}
