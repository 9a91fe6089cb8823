/** SHA-256 as hex, and canonical JSON: the two things every fingerprint and config hash is made of. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** JSON with keys sorted at every depth and no white space; keys whose value is undefined are left out. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const record = value as { readonly [key: string]: Json | undefined };
    const entries = Object.keys(record)
      .sort()
      .flatMap((key) => {
        const inner = record[key];
        return inner === undefined ? [] : [`${JSON.stringify(key)}:${canonicalJson(inner)}`];
      });
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** @returns 64 lower-case hex digits */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer> | string): Promise<string> {
  const input = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', input));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
