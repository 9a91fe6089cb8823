/** Opens what the pages work with: the data worker and the runs on top of it. */
import { AppError } from '$lib/core/errors.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import type { RunService } from '$lib/workers/run-service.ts';

export interface Services {
  readonly data: DataApi;
  readonly runs: RunService;
}

type Open = { openServices: () => Promise<Services> };

export async function openServices(): Promise<Services> {
  const found = Object.values(import.meta.glob<Open>('./dev-services.ts'))[0];
  if (found !== undefined) return (await found()).openServices();
  throw new AppError('unexpected', {
    subject: 'data worker',
    got: 'it is not part of this build',
    remedy: 'build the app again'
  });
}
