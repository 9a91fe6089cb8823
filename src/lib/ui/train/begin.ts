/** Starting a run from a page: one press, then its page. */
import { goto } from '$app/navigation';
import { resolve } from '$app/paths';
import type { RunConfig } from '$lib/config/run-config.ts';
import { AppError } from '$lib/core/errors.ts';
import type { RunClaim } from '$lib/research/types.ts';
import type { App } from '../app-context.svelte.ts';
import { presetConfig, SAMPLE_PRESET } from '../presets.ts';

/** @throws AppError `config.invalid` when another run is training: one trains at a time in a browser */
export async function beginRun(
  app: App,
  config: RunConfig,
  options: { claim?: RunClaim; replaceState?: boolean } = {}
) {
  if (app.active !== undefined) {
    throw new AppError('config.invalid', {
      subject: 'training',
      expected: 'no other run in training',
      got: `${app.active.record().name} is training in this tab`,
      remedy: 'stop it or let it end, then start this one'
    });
  }
  const run = await app.startRun(config, options.claim);
  await goto(resolve('/runs/[id]', { id: run.id }), { replaceState: options.replaceState ?? false });
}

export const beginOnSample = (app: App, options: { replaceState?: boolean } = {}): Promise<void> =>
  beginRun(app, presetConfig(SAMPLE_PRESET), options);
