import { describe, expect, it } from 'vitest';
import { claimUrl, decodeClaim, encodeClaim } from './link.ts';
import type { RunClaim } from './types.ts';

const claim: RunClaim = {
  version: 1,
  name: 'quiet-furlong-17',
  configYaml: 'version: 1\nname: übung\n',
  configHash: 'a'.repeat(64),
  dataset: 'sample',
  dataFingerprint: 'b'.repeat(64),
  codeVersion: 'abc123',
  device: 'WebAssembly SIMD',
  updates: 400,
  heldOut: true,
  episodes: 9,
  results: {
    agent: { return: { mean: 1.25, low: -0.5, high: 3 } },
    random: { return: { mean: -2, low: -3, high: -1 } }
  },
  evaluationDigest: 'c'.repeat(64)
};

const code = (call: () => unknown): unknown => {
  try {
    call();
  } catch (thrown) {
    return (thrown as { code?: string }).code;
  }
  return 'nothing thrown';
};

describe('a link to a run', () => {
  it('gives back what was put in, from a fragment with or without its mark', () => {
    expect(decodeClaim(encodeClaim(claim))).toEqual(claim);
    expect(decodeClaim(`#${encodeClaim(claim)}`)).toEqual(claim);
    expect(new URL(claimUrl('https://example.org', claim)).hash.slice(1)).toBe(encodeClaim(claim));
  });

  it('is text that survives a URL, the same each time', () => {
    expect(encodeClaim(claim)).toMatch(/^1\.[A-Za-z0-9_-]+$/);
    expect(encodeClaim({ ...claim })).toBe(encodeClaim(claim));
  });

  it('is refused whole when any character of it is lost or changed', () => {
    const text = encodeClaim(claim);
    for (const broken of ['', '#', '1.', 'nonsense', '2.abc', text.slice(0, -5), `1.!${text.slice(2)}`]) {
      expect(
        code(() => decodeClaim(broken)),
        broken
      ).toBe('link.invalid');
    }
    for (let i = 2; i < text.length; i++) {
      const other = text[i] === 'A' ? 'B' : 'A';
      const changed = text.slice(0, i) + other + text.slice(i + 1);
      // The last character holds bits that base64 does not use.
      if (Buffer.from(changed.slice(2), 'base64url').equals(Buffer.from(text.slice(2), 'base64url'))) continue;
      expect(
        code(() => decodeClaim(changed)),
        `character ${String(i)}`
      ).toBe('link.invalid');
    }
  });

  it('is refused when it says something a claim does not say', () => {
    expect(code(() => decodeClaim(encodeClaim({ ...claim, updates: 'many' } as unknown as RunClaim)))).toBe(
      'link.invalid'
    );
    expect(code(() => decodeClaim(encodeClaim({ ...claim, script: 'x' } as unknown as RunClaim)))).toBe('link.invalid');
    expect(code(() => decodeClaim(encodeClaim([] as unknown as RunClaim)))).toBe('link.invalid');
  });

  it('is refused when it would unfold without end', () => {
    const bomb = encodeClaim({ ...claim, configYaml: ' '.repeat(5_000_000) });
    expect(bomb.length).toBeLessThan(20_000);
    expect(code(() => decodeClaim(bomb))).toBe('link.invalid');
  });
});
