/** The tokens as colours a canvas takes: custom properties hold `light-dark()`, which only the browser can resolve. */

export type Token =
  | 'ink'
  | 'muted'
  | 'line'
  | 'line-strong'
  | 'soft'
  | 'panel'
  | 'background'
  | 'accent'
  | 'back'
  | 'back-soft'
  | 'lay'
  | 'lay-soft'
  | 'warning';

/** @returns `rgb(...)` of each token where `element` stands, in its theme */
export function themeColours<T extends Token>(element: Element, tokens: readonly T[]): Record<T, string> {
  const probe = document.createElement('span');
  probe.style.display = 'none';
  element.append(probe);
  const colours = {} as Record<T, string>;
  for (const token of tokens) {
    probe.style.color = `var(--${token})`;
    colours[token] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}

/** `rgb(r, g, b)` with an opacity. */
export function withAlpha(colour: string, alpha: number): string {
  const parts = colour.match(/[\d.]+/g) ?? ['0', '0', '0'];
  return `rgba(${parts.slice(0, 3).join(', ')}, ${String(alpha)})`;
}
