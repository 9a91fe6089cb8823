/** What the command line drives: the same services the pages use, behind plain data. Must not know markup. */
import type {
  HeadlessEvent,
  HeadlessImport,
  HeadlessOutcome,
  HeadlessPage,
  HeadlessResult
} from '$lib/config/headless.ts';
import { readConfig } from '$lib/config/read-config.ts';
import { AppError, asAppError, checkAborted } from '$lib/core/errors.ts';
import { encodeClaim } from '$lib/research/link.ts';
import { makeClaim } from '$lib/research/run-record.ts';
import type { RunRecord } from '$lib/research/types.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import type { RunService } from '$lib/workers/run-service.ts';
import type { TrainEvent } from '$lib/workers/train-api.ts';

export interface HeadlessParts {
  readonly data: DataApi;
  readonly runs: RunService;
  readonly chosenFiles: () => readonly File[];
  readonly tell: (event: HeadlessEvent) => void;
}

export function headlessPage(parts: HeadlessParts): HeadlessPage {
  const stopping = new AbortController();
  const { signal } = stopping;
  return {
    importChosen: () => outcome('import', () => importChosen(parts, signal)),
    train: (configYaml) => outcome('train', () => train(parts, configYaml, signal)),
    stop: async () => {
      stopping.abort();
      await parts.runs.active()?.stop();
    },
    result: (id) => outcome('result', () => result(parts.data, id))
  };
}

async function outcome<T>(subject: string, work: () => Promise<T>): Promise<HeadlessOutcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    const error = asAppError(thrown, subject);
    return { ok: false, code: error.code, message: error.message };
  }
}

async function importChosen({ data, chosenFiles, tell }: HeadlessParts, signal: AbortSignal): Promise<HeadlessImport> {
  const { dataset } = await data.importFiles(chosenFiles(), {
    signal,
    onProgress: ({ file, bytesRead, bytesTotal, messages }) => {
      tell({ kind: 'import', file, fraction: bytesTotal > 0 ? bytesRead / bytesTotal : 1, messages });
    }
  });
  return {
    dataset: dataset.name,
    markets: dataset.markets,
    trainable: dataset.trainable,
    messages: dataset.messages,
    runners: dataset.runners,
    trades: dataset.trades,
    oddities: dataset.oddities.map(({ code, count, example }) => ({ code, count, example }))
  };
}

async function train({ runs, tell }: HeadlessParts, configYaml: string, signal: AbortSignal): Promise<string> {
  checkAborted(signal, 'the run');
  const run = await runs.start(readConfig(configYaml, 'configuration'));
  if (signal.aborted) await run.stop();
  const stopListening = run.subscribe((event) => {
    const told = asHeadlessEvent(event);
    if (told !== undefined) tell(told);
  });
  const device = run.device();
  if (device !== undefined) tell({ kind: 'device', label: device.label, why: device.why });
  try {
    await run.ended;
  } finally {
    stopListening();
  }
  return run.id;
}

function asHeadlessEvent(event: TrainEvent): HeadlessEvent | undefined {
  switch (event.kind) {
    case 'metrics': {
      const row = event.rows.at(-1);
      if (row === undefined) return undefined;
      return { kind: 'training', updates: row['updates'] ?? 0, environmentSteps: row['environment_steps'] ?? 0, row };
    }
    case 'device':
      return { kind: 'device', label: event.device.label, why: event.device.why };
    case 'notice':
      return { kind: 'notice', text: event.text };
    case 'evaluation':
      return { kind: 'notice', text: `evaluated at update ${event.report.updates}` };
    case 'orders':
    case 'checkpoint':
    case 'preparing':
    case 'state':
      return undefined;
  }
}

async function result(data: DataApi, id: string): Promise<HeadlessResult> {
  const record = await data.run(id);
  if (record === undefined) {
    throw new AppError('data.missing', { subject: `run ${id}`, got: 'no such run', remedy: 'train it again' });
  }
  const [metrics, checkpoint] = await Promise.all([data.metrics(id), data.checkpoint(id)]);
  return {
    id,
    name: record.name,
    state: record.state,
    ...(record.error === undefined ? {} : { error: record.error }),
    updates: record.updates,
    environmentSteps: record.environmentSteps,
    configYaml: record.configYaml,
    metrics,
    ...evaluationOf(record),
    ...(checkpoint === undefined
      ? {}
      : { checkpoint: { safetensorsBase64: base64(checkpoint.safetensors), json: checkpoint.json } })
  };
}

function evaluationOf(record: RunRecord): { evaluationJson?: string; linkFragment?: string } {
  if (record.evaluation === undefined) return {};
  return {
    evaluationJson: `${JSON.stringify(record.evaluation, undefined, 2)}\n`,
    linkFragment: encodeClaim(makeClaim(record))
  };
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}
