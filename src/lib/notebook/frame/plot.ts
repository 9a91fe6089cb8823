/** Observable Plot with charts that a screen reader is told about as one image with a name. */
import { plot as draw } from '@observablehq/plot';
import type { PlotOptions } from '@observablehq/plot';

export * from '@observablehq/plot';

type Titled = PlotOptions & { readonly ariaLabel?: string | null };

/** Plot labels groups without a role, which assistive technology must ignore: the name goes to the picture instead. */
export function plot(options: Titled = {}): ReturnType<typeof draw> {
  const figure = draw({ style: { fontFamily: 'var(--sans)', background: 'transparent' }, ...options });
  const pictures = figure.tagName.toLowerCase() === 'svg' ? [figure] : [...figure.querySelectorAll(':scope > svg')];
  const spoken = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  const name = spoken(options.ariaLabel) ?? spoken(options.title) ?? spoken(options.ariaDescription) ?? 'Chart';
  for (const picture of pictures) {
    picture.setAttribute('role', 'img');
    picture.setAttribute('aria-label', name);
    for (const group of picture.querySelectorAll('[aria-label], [aria-description]')) {
      group.removeAttribute('aria-label');
      group.removeAttribute('aria-description');
    }
  }
  return figure;
}
