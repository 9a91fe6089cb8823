/**
 * Brings a configuration written by an older Furlong up to the present version, one step a version, and refuses one
 * written by a newer: guessing what a field of the future means would train something else than was asked.
 */
import { AppError } from '../core/errors.ts';

export const CONFIG_VERSION = 1;

type Mapping = Readonly<Record<string, unknown>>;

/** Step n takes a configuration of version n to version n + 1. None yet: 1 is the first version. */
const STEPS: ReadonlyMap<number, (old: Mapping) => Mapping> = new Map();

/**
 * @param source what the text is called in messages
 * @returns the configuration in the present version's shape, not yet validated; anything that is no configuration at
 * all is returned as it came, for validation to refuse
 * @throws AppError `config.version` when it is newer than this Furlong, or of a version that never was
 */
export function migrate(input: unknown, source: string): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  let config = input as Mapping;
  const given = config['version'];
  if (typeof given !== 'number') return input;
  let version: number = given;
  if (version > CONFIG_VERSION) {
    throw new AppError('config.version', {
      subject: source,
      expected: `version ${CONFIG_VERSION} or older`,
      got: `version ${version}, written by a newer Furlong`,
      remedy: 'open it in that version, or update this one'
    });
  }
  while (version < CONFIG_VERSION) {
    const step = STEPS.get(version);
    if (step === undefined) {
      throw new AppError('config.version', {
        subject: source,
        expected: `version ${CONFIG_VERSION}`,
        got: `version ${version}, which no Furlong has written`,
        remedy: `set version to ${CONFIG_VERSION}`
      });
    }
    version = version + 1;
    config = { ...step(config), version };
  }
  return config;
}
