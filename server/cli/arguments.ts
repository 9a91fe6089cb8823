/** The command line as data. Wrong words are a `UsageError`, which names them and shows the usage. */

export const USAGE = `usage:
  npm run furlong -- train CONFIG.yaml [--data FILE ...] [--updates N] [--seed N] --out DIR
  npm run furlong -- demo [--out DIR]
  npm run furlong -- check-env ENVIRONMENT.ts

train   trains the configuration headless on the files (or on the dataset it names; "sample" is built in) and
        leaves config.yaml, metrics.csv, eval.json, checkpoint.safetensors, checkpoint.json, charts.png and link.txt
        in DIR. Ctrl-C stops it cleanly and keeps the last checkpoint.
check-env
        plays the environment that the file's default export makes and says which part of the contract it breaks;
        docs/environments.md shows how to write one.
demo    the same with configs/au-preoff.sac-lstm.demo.yaml on the built-in sample, into runs/demo.

exit codes: 0 trained and evaluated, or every check holds, 1 failed, 2 wrong use, 130 stopped by Ctrl-C (what was trained is kept)`;

export class UsageError extends Error {}

export type Command =
  | {
      readonly kind: 'train';
      readonly config: string;
      readonly data: readonly string[];
      readonly updates?: number;
      readonly seed?: number;
      readonly out: string;
    }
  | { readonly kind: 'checkEnv'; readonly file: string }
  | { readonly kind: 'help' };

export function parseCommand(words: readonly string[]): Command {
  const [verb, ...rest] = words;
  if (verb === undefined || verb === 'help' || words.includes('--help') || words.includes('-h'))
    return { kind: 'help' };
  if (verb === 'check-env') return checkEnv(rest);
  if (verb !== 'train' && verb !== 'demo') throw new UsageError(`expected train, demo or check-env, got ${verb}`);
  const { options, loose } = collect(rest);
  const [config, ...extra] = verb === 'demo' ? ['configs/au-preoff.sac-lstm.demo.yaml', ...loose] : loose;
  if (config === undefined) throw new UsageError('train: expected a configuration file, got none');
  if (extra.length > 0) throw new UsageError(`expected one configuration file, got also ${extra.join(' ')}`);
  const out = options.get('--out')?.[0] ?? (verb === 'demo' ? 'runs/demo' : undefined);
  if (out === undefined) throw new UsageError('train: expected --out DIR, got none');
  const updates = whole(options, '--updates', 1);
  const seed = whole(options, '--seed', 0);
  return {
    kind: 'train',
    config,
    data: options.get('--data') ?? [],
    out,
    ...(updates === undefined ? {} : { updates }),
    ...(seed === undefined ? {} : { seed })
  };
}

function checkEnv([file, ...extra]: readonly string[]): Command {
  if (file === undefined) throw new UsageError('check-env: expected the file of an environment, got none');
  if (file.startsWith('--')) throw new UsageError(`unknown option ${file}`);
  if (extra.length > 0) throw new UsageError(`check-env: expected one file, got also ${extra.join(' ')}`);
  return { kind: 'checkEnv', file };
}

/** `--data` takes every word up to the next option; the others take one. */
function collect(words: readonly string[]): { options: Map<string, string[]>; loose: string[] } {
  const options = new Map<string, string[]>();
  const loose: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('--')) {
      loose.push(word);
      continue;
    }
    const [name = '', inline] = word.split('=', 2);
    if (!['--data', '--updates', '--seed', '--out'].includes(name)) throw new UsageError(`unknown option ${name}`);
    const values = options.get(name) ?? [];
    if (inline !== undefined) values.push(inline);
    else {
      const most = name === '--data' ? words.length : 1;
      for (let taken = 0; taken < most; taken++) {
        const next = words[at + 1];
        if (next === undefined || next.startsWith('--')) break;
        values.push(next);
        at += 1;
      }
    }
    if (values.length === 0) throw new UsageError(`${name}: expected a value, got none`);
    if (name !== '--data' && values.length > 1)
      throw new UsageError(`${name}: expected one value, got ${values.join(' ')}`);
    options.set(name, values);
  }
  return { options, loose };
}

function whole(options: ReadonlyMap<string, readonly string[]>, name: string, least: number): number | undefined {
  const text = options.get(name)?.[0];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/u.test(text) || !Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`${name}: expected a whole number from ${least}, got ${text}`);
  }
  return value;
}
