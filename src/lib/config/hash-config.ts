/**
 * What identifies a configuration: SHA-256 over its canonical JSON. The name is a label and does not enter; nor does a
 * field that came after the first runs were hashed, while it says what was the case before it came.
 */
import { canonicalJson, sha256Hex } from '../core/digest.ts';
import type { MarketEnvConfig, RunConfig } from './run-config.ts';

/** Fields of the market environment that came later, and what each says that was so before. Never change a value. */
const CAME_LATER: Partial<MarketEnvConfig> = {
  latencyModel: 'constant',
  latencySpread: 0.5,
  slippagePercent: 0,
  curriculumSteps: 0
};

/** @returns 64 hex digits; equal for equal settings, whatever the order of keys or the preset's name */
export async function hashConfig(config: RunConfig): Promise<string> {
  const { name: _name, ...settings } = config;
  const env = Object.entries(settings.env).filter(
    ([key, value]) => !(key in CAME_LATER && CAME_LATER[key as keyof MarketEnvConfig] === value)
  );
  return sha256Hex(canonicalJson({ ...settings, env: Object.fromEntries(env) }));
}

/** The first 12 digits: what is shown. */
export const shortHash = (hash: string): string => hash.slice(0, 12);
