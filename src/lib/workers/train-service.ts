/** The train worker's inside: device, environments, agent and loop put together, without comlink. */
import { decodeCheckpoint, encodeCheckpoint } from '../agents/checkpoint.ts';
import type { Checkpoint } from '../agents/agent.ts';
import { makeAgent } from '../agents/make-agent.ts';
import { forecastSteps } from '../config/forecasts.ts';
import { tradesMarkets } from '../config/market-tasks.ts';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { AppError, asAppError, toWire } from '../core/errors.ts';
import { sha256Hex } from '../core/digest.ts';
import { seed } from '../core/units.ts';
import { baselines } from '../env/baselines.ts';
import { agentSchemaHash } from '../research/agent-schema.ts';
import { Evaluator } from '../research/evaluate.ts';
import { RunControl } from '../research/run-control.ts';
import { RunMemory } from '../research/run-memory.ts';
import { trainRun } from '../research/train-run.ts';
import type { RunStanding } from '../research/train-run.ts';
import type { Clock } from '../core/time.ts';
import { openRemoteEnv } from './remote-env.ts';
import type { EpisodicRemoteEnv, RemoteEnvOptions } from './remote-env.ts';
import { Recollection } from './recollection.ts';
import type { OnTrainEvent, ReadSegment, TrainApi, TrainEvent, TrainRequest } from './train-api.ts';
import { breathe } from './transfer.ts';

export interface TrainServiceParts {
  readonly clock: Clock;
}

/** Evaluations play up to this many episodes side by side. */
const EVALUATION_ENVIRONMENTS = 16;

export class TrainService implements TrainApi {
  readonly #parts: TrainServiceParts;
  #control: RunControl | undefined;

  constructor(parts: TrainServiceParts) {
    this.#parts = parts;
  }

  async start(request: TrainRequest, onEvent: OnTrainEvent, readSegment?: ReadSegment): Promise<void> {
    if (this.#control !== undefined) throw new Error('train worker: a run is going on already');
    const control = new RunControl();
    this.#control = control;
    const opened: { dispose(): void }[] = [];
    try {
      await this.#train({ request, control, opened, onEvent, readSegment });
    } catch (thrown) {
      const error = asAppError(thrown, `run ${request.runId}`);
      onEvent({ kind: 'state', state: 'failed', error: toWire(error) });
    } finally {
      for (const one of opened.reverse()) one.dispose();
      this.#control = undefined;
    }
  }

  pause(): Promise<void> {
    this.#control?.pause();
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.#control?.resume();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#control?.stop();
    return Promise.resolve();
  }

  async #train({ request, control, opened, onEvent, readSegment }: Part): Promise<void> {
    const tell = (event: TrainEvent): void => {
      onEvent(event);
    };
    const { config, train, heldOut, isHeldOut, shared } = request;
    const { training, evaluation } = config;
    const open = async (
      tapes: typeof train,
      environments: number,
      rest: Pick<RemoteEnvOptions, 'keepOrders' | 'from' | 'forecastSteps'> = {}
    ): Promise<EpisodicRemoteEnv> => {
      const env = await openRemoteEnv({
        config: { ...config.env, environments },
        tapes,
        ...rest,
        onPreparing: ({ done, of, bytes }) => {
          tell({ kind: 'preparing', done, of, bytes });
        },
        ...(shared === undefined ? {} : { shared })
      });
      opened.push(env);
      return env;
    };
    const checkpoint = request.checkpoint === undefined ? undefined : decodeCheckpoint(request.checkpoint);
    const recollection = new Recollection({ checkpoint, memory: request.memory, readSegment, tell });
    const [device, env] = await Promise.all([
      chooseDevice(request.backend ?? training.backend),
      recollection.environments((from) =>
        open(train, config.env.environments, {
          forecastSteps: forecastSteps(config.agent),
          ...(from === undefined ? {} : { from })
        })
      )
    ]);
    opened.push(device);
    tell({ kind: 'device', device: device.report });
    device.onNotice((text) => {
      tell({ kind: 'notice', text });
    });
    if (!(shared ?? globalThis.crossOriginIsolated)) {
      tell({ kind: 'notice', text: NOT_ISOLATED });
    }
    const agent = makeAgent({
      config: config.agent,
      spaces: {
        observation: env.spec.observation,
        action: env.spec.action,
        environments: env.size,
        forecast: env.spec.forecast
      },
      seed: seed(config.seed),
      schemaHash: await agentSchemaHash(config.env),
      reportEvery: training.reportEvery,
      totalUpdates: training.updates,
      mostReplayBytes: training.replayMegabytes * 1e6
    });
    opened.push(agent);
    if (checkpoint !== undefined) await agent.load(checkpoint);
    const keeper = new RunMemory(agent.experience);
    const recalled = await recollection.experience(keeper);
    // Opened when first needed: its worker would only compete with the start of training.
    let evaluator: Evaluator | undefined;
    const makeEvaluator = async (): Promise<Evaluator> => {
      const episodes = heldOut.length === 0 ? EVALUATION_ENVIRONMENTS : heldOut.length;
      const onMarkets = tradesMarkets(config.env);
      const evaluationEnv = await open(heldOut, Math.min(EVALUATION_ENVIRONMENTS, episodes), {
        keepOrders: onMarkets,
        forecastSteps: forecastSteps(config.agent)
      });
      return new Evaluator({
        env: evaluationEnv,
        episodes: evaluationEnv.episodes,
        heldOut: isHeldOut,
        seed: seed(config.seed),
        bootstrapSamples: evaluation.bootstrapSamples,
        confidencePercent: evaluation.confidencePercent,
        baselines: baselines(config.env, seed(config.seed)),
        breathe,
        ...(onMarkets
          ? {
              orders: {
                take: () => evaluationEnv.takeOrders(),
                tell: (orders) => {
                  tell({ kind: 'orders', ...orders });
                }
              }
            }
          : {})
      });
    };
    tell({ kind: 'state', state: 'running' });
    let kept: unknown;
    const running = trainRun({
      config,
      env,
      agent,
      evaluate: async (updates) => {
        evaluator ??= await makeEvaluator();
        return await evaluator.evaluate(agent, updates);
      },
      control,
      clock: this.#parts.clock,
      breathe,
      events: {
        rows: (rows) => {
          tell({ kind: 'metrics', rows });
        },
        evaluation: (report) => {
          tell({ kind: 'evaluation', report });
        },
        checkpoint: async (checkpoint, progress, memory) => {
          const event = await checkpointEvent(checkpoint, progress);
          // One at a time, or a slow disk would have ever more before it.
          if ((await kept) === false) keeper.giveUp();
          const { bytes: experienceBytes } = keeper;
          kept = onEvent({ ...event, experienceBytes, ...(memory === undefined ? {} : { memory }) });
        },
        paused: (paused) => {
          tell({ kind: 'state', state: paused ? 'paused' : 'running' });
        }
      },
      ...(checkpoint === undefined ? {} : { from: checkpoint.meta.state['run'] as RunStanding }),
      ...(request.keepMemory === false
        ? {}
        : {
            memory: {
              keeper,
              standing: () => env.standing(),
              ...(recalled === undefined ? {} : { recalled })
            }
          })
    });
    const { state } = await Promise.race([running, lossOf(device)]);
    tell({ kind: 'state', state });
  }
}

/** What one part of a run is made of. */
interface Part {
  readonly request: TrainRequest;
  readonly control: RunControl;
  /** Whatever is to be disposed of when it ends. */
  readonly opened: { dispose(): void }[];
  readonly onEvent: OnTrainEvent;
  readonly readSegment: ReadSegment | undefined;
}

const NOT_ISOLATED =
  'The page is not cross-origin isolated, so environments exchange messages instead of sharing memory: training is the same, a little slower. Serve the app with the COOP and COEP headers to share memory.';

async function checkpointEvent(
  checkpoint: Checkpoint,
  progress: { readonly updates: number; readonly environmentSteps: number }
): Promise<Omit<Extract<TrainEvent, { kind: 'checkpoint' }>, 'experienceBytes'>> {
  const bytes = encodeCheckpoint(checkpoint);
  const digest = await sha256Hex(bytes.safetensors as Uint8Array<ArrayBuffer>);
  const { updates, environmentSteps } = progress;
  return { kind: 'checkpoint', updates, environmentSteps, digest, checkpoint: bytes };
}

/** Rejects when the device is lost. */
const lossOf = (device: Device): Promise<never> =>
  new Promise((_, reject: (error: AppError) => void) => {
    device.onLost(reject);
  });
