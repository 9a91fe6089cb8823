/** Opens what the pages work with: the data worker and the runs on top of it. */
import { createDataClient } from '$lib/workers/data-client.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import { createRunService } from '$lib/workers/run-service-impl.ts';
import type { RunService } from '$lib/workers/run-service.ts';

export interface Services {
  readonly data: DataApi;
  readonly runs: RunService;
}

export function openServices(): Services {
  const data = createDataClient();
  return { data, runs: createRunService(data) };
}
