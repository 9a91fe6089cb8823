/**
 * A run's claim as the fragment of a URL: `1.`, then in base64url a CRC-32 and canonical JSON, deflated. The version
 * comes first so that a later format is refused by name and never misread; the checksum because deflate has none, and
 * a claim with a digit changed would pass for one.
 */
import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import * as v from 'valibot';
import { canonicalJson } from '../core/digest.ts';
import type { Json } from '../core/digest.ts';
import { AppError } from '../core/errors.ts';
import type { RunClaim } from './types.ts';

const PREFIX = '1.';
/** A link is text that someone else wrote: what it unfolds to is bounded. */
const MAX_LINK_CHARACTERS = 200_000;
const MAX_CLAIM_BYTES = 2_000_000;

const IntervalSchema = v.strictObject({ mean: v.number(), low: v.number(), high: v.number() });
const short = v.pipe(v.string(), v.maxLength(300));
const ClaimSchema = v.strictObject({
  version: v.literal(1),
  name: short,
  configYaml: v.pipe(v.string(), v.maxLength(100_000)),
  configHash: short,
  dataset: short,
  dataFingerprint: short,
  codeVersion: short,
  device: short,
  updates: v.pipe(v.number(), v.integer(), v.minValue(0)),
  heldOut: v.boolean(),
  episodes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  results: v.record(v.string(), v.record(v.string(), IntervalSchema)),
  evaluationDigest: short
});

/** @returns the fragment without its `#` */
export function encodeClaim(claim: RunClaim): string {
  const bytes = deflateSync(strToU8(canonicalJson(claim as unknown as Json)), { level: 9 });
  return PREFIX + toBase64Url(sealed(bytes));
}

/** @throws AppError `link.invalid` */
export function decodeClaim(fragment: string): RunClaim {
  const text = fragment.startsWith('#') ? fragment.slice(1) : fragment;
  if (!text.startsWith(PREFIX)) {
    const version = /^(\d+)\./.exec(text)?.[1];
    throw version === undefined
      ? invalid('it does not begin as one')
      : invalid(`it is of version ${version}, and this app reads 1`);
  }
  if (text.length > MAX_LINK_CHARACTERS) throw invalid(`it has ${String(text.length)} characters`);
  let claim: unknown;
  try {
    claim = JSON.parse(strFromU8(inflateBounded(unsealed(fromBase64Url(text.slice(PREFIX.length))))));
  } catch (cause) {
    throw cause instanceof AppError ? cause : invalid('it is damaged or cut short', cause);
  }
  const checked = v.safeParse(ClaimSchema, claim);
  if (!checked.success) {
    const issue = checked.issues[0];
    throw invalid(`its ${v.getDotPath(issue) ?? 'content'} is wrong: ${issue.message}`);
  }
  return checked.output;
}

/** A run shared from this app, as a whole URL. */
export const claimUrl = (origin: string, claim: RunClaim): string => `${origin}/x#${encodeClaim(claim)}`;

function sealed(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(4 + bytes.length);
  new DataView(all.buffer).setUint32(0, crc32(bytes));
  all.set(bytes, 4);
  return all;
}

function unsealed(all: Uint8Array): Uint8Array {
  const bytes = all.subarray(4);
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  if (all.length < 5 || view.getUint32(0) !== crc32(bytes)) throw invalid('it is damaged or cut short');
  return bytes;
}

/** CRC-32 of ISO 3309, bit by bit: links are short. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function inflateBounded(bytes: Uint8Array): Uint8Array {
  // A fixed output makes a deflate bomb an error rather than a full memory.
  const out = inflateSync(bytes, { out: new Uint8Array(MAX_CLAIM_BYTES + 1) });
  if (out.length > MAX_CLAIM_BYTES) throw invalid('it unfolds to more than a claim ever holds');
  return out;
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw invalid('it holds characters that a link does not have');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function invalid(got: string, cause?: unknown): AppError {
  return new AppError('link.invalid', {
    subject: 'link to a run',
    got,
    remedy: 'copy the whole link again from where it was shared',
    ...(cause === undefined ? {} : { cause })
  });
}
