/** What the page lends the frame of results: its tokens and its fonts. The frame cannot fetch either. */
import sans from '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url';
import mono from '@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2?url';
import serifItalic from '@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-italic.woff2?url';
import serif from '@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2?url';
import type { FrameFont, FrameTheme } from '$lib/notebook/protocol.ts';

const TOKENS = [
  '--background',
  '--panel',
  '--soft',
  '--ink',
  '--muted',
  '--line',
  '--line-strong',
  '--accent',
  '--accent-ink',
  '--accent-soft',
  '--back',
  '--back-ink',
  '--back-soft',
  '--lay',
  '--lay-ink',
  '--lay-soft',
  '--warning',
  '--warning-ink',
  '--danger-ink',
  '--danger-soft',
  '--sans',
  '--serif',
  '--mono'
];

export function frameTheme(dark: boolean): FrameTheme {
  const computed = getComputedStyle(document.documentElement);
  const properties = Object.fromEntries(TOKENS.map((name) => [name, computed.getPropertyValue(name).trim()]));
  return { dark, properties: { ...properties, '--size': computed.fontSize } };
}

const FILES = [
  { family: 'Inter', url: sans, weight: '100 900', style: 'normal' },
  { family: 'Source Serif 4', url: serif, weight: '200 900', style: 'normal' },
  { family: 'Source Serif 4', url: serifItalic, weight: '200 900', style: 'italic' },
  { family: 'JetBrains Mono', url: mono, weight: '100 800', style: 'normal' }
] as const;

export function frameFonts(): Promise<readonly FrameFont[]> {
  return Promise.all(
    FILES.map(async ({ family, url, weight, style }) => ({
      family,
      weight,
      style,
      bytes: await (await fetch(url)).arrayBuffer()
    }))
  );
}
