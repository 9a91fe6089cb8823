/** The tokens as numbers a canvas can use, for the theme that is shown now. */

export type Rgb = readonly [red: number, green: number, blue: number];

export interface Palette {
  readonly background: Rgb;
  readonly soft: Rgb;
  readonly ink: Rgb;
  readonly muted: Rgb;
  readonly line: Rgb;
  readonly accent: Rgb;
  readonly accentInk: Rgb;
  readonly back: Rgb;
  readonly lay: Rgb;
  readonly backSoft: Rgb;
  readonly laySoft: Rgb;
}

/** Canvas cannot read `light-dark()`: the browser works each token out on an element that is asked for its colour. */
export function readPalette(host: HTMLElement): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  host.append(probe);
  const read = (token: string): Rgb => {
    probe.style.color = `var(${token})`;
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(Number);
    return [red, green, blue];
  };
  const palette = {
    background: read('--background'),
    soft: read('--soft'),
    ink: read('--ink'),
    muted: read('--muted'),
    line: read('--line'),
    accent: read('--accent'),
    accentInk: read('--accent-ink'),
    back: read('--back'),
    lay: read('--lay'),
    backSoft: read('--back-soft'),
    laySoft: read('--lay-soft')
  };
  probe.remove();
  return palette;
}

export const css = ([red, green, blue]: Rgb, alpha = 1): string =>
  `rgb(${String(red)} ${String(green)} ${String(blue)} / ${String(alpha)})`;
