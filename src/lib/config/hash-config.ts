/** What identifies a configuration: SHA-256 over its canonical JSON. The name is a label and does not enter. */
import { canonicalJson, sha256Hex } from '../core/digest.ts';
import type { RunConfig } from './run-config.ts';

/** @returns 64 hex digits; equal for equal settings, whatever the order of keys or the preset's name */
export async function hashConfig(config: RunConfig): Promise<string> {
  const { name: _name, ...settings } = config;
  return sha256Hex(canonicalJson(settings));
}

/** The first 12 digits: what is shown. */
export const shortHash = (hash: string): string => hash.slice(0, 12);
