/** The train worker's inside: device, environments, agent and loop put together, without comlink. */
import { decodeCheckpoint, encodeCheckpoint } from '../agents/checkpoint.ts';
import type { Agent, Checkpoint } from '../agents/agent.ts';
import { makeAgent } from '../agents/make-agent.ts';
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
import { trainRun } from '../research/train-run.ts';
import type { RunStanding } from '../research/train-run.ts';
import type { Clock } from '../core/time.ts';
import { openRemoteEnv } from './remote-env.ts';
import type { EpisodicRemoteEnv } from './remote-env.ts';
import type { TrainApi, TrainEvent, TrainRequest } from './train-api.ts';
import { breathe } from './transfer.ts';

export interface TrainServiceParts {
  readonly clock: Clock;
}

type Tell = (event: TrainEvent) => void;

/** Evaluations play up to this many episodes side by side. */
const EVALUATION_ENVIRONMENTS = 16;

export class TrainService implements TrainApi {
  readonly #parts: TrainServiceParts;
  #control: RunControl | undefined;

  constructor(parts: TrainServiceParts) {
    this.#parts = parts;
  }

  async start(request: TrainRequest, onEvent: Tell): Promise<void> {
    if (this.#control !== undefined) throw new Error('train worker: a run is going on already');
    const control = new RunControl();
    this.#control = control;
    const opened: { dispose(): void }[] = [];
    try {
      await this.#train(request, control, onEvent, opened);
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

  async #train(request: TrainRequest, control: RunControl, tell: Tell, opened: { dispose(): void }[]): Promise<void> {
    const { config, train, heldOut, isHeldOut, shared } = request;
    const { training, evaluation } = config;
    const open = async (tapes: typeof train, environments: number, keepOrders = false): Promise<EpisodicRemoteEnv> => {
      const env = await openRemoteEnv({
        config: { ...config.env, environments },
        tapes,
        keepOrders,
        onPreparing: ({ done, of }) => {
          tell({ kind: 'preparing', done, of });
        },
        ...(shared === undefined ? {} : { shared })
      });
      opened.push(env);
      return env;
    };
    const [device, env] = await Promise.all([
      chooseDevice(request.backend ?? training.backend),
      open(train, config.env.environments)
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
      spaces: { observation: env.spec.observation, action: env.spec.action, environments: env.size },
      seed: seed(config.seed),
      schemaHash: await agentSchemaHash(config.env),
      reportEvery: training.reportEvery,
      totalUpdates: training.updates
    });
    opened.push(agent);
    const from = request.checkpoint === undefined ? undefined : await this.#goOn(agent, request.checkpoint, tell);
    // Opened when first needed: its worker would only compete with the start of training.
    let evaluator: Evaluator | undefined;
    const makeEvaluator = async (): Promise<Evaluator> => {
      const episodes = heldOut.length === 0 ? EVALUATION_ENVIRONMENTS : heldOut.length;
      const onMarkets = tradesMarkets(config.env);
      const evaluationEnv = await open(heldOut, Math.min(EVALUATION_ENVIRONMENTS, episodes), onMarkets);
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
        checkpoint: async (checkpoint, progress) => {
          tell(await checkpointEvent(checkpoint, progress));
        },
        paused: (paused) => {
          tell({ kind: 'state', state: paused ? 'paused' : 'running' });
        }
      },
      ...(from === undefined ? {} : { from })
    });
    const { state } = await Promise.race([running, lossOf(device)]);
    tell({ kind: 'state', state });
  }

  async #goOn(agent: Agent, stored: NonNullable<TrainRequest['checkpoint']>, tell: Tell): Promise<RunStanding> {
    const checkpoint = decodeCheckpoint(stored);
    await agent.load(checkpoint);
    const { state, updates } = checkpoint.meta;
    if (state['replayKept'] !== true) {
      tell({
        kind: 'notice',
        text: `Going on from update ${String(updates)}. What was experienced before is not kept in a checkpoint: the replay fills anew before learning goes on.`
      });
    }
    return state['run'] as RunStanding;
  }
}

const NOT_ISOLATED =
  'The page is not cross-origin isolated, so environments exchange messages instead of sharing memory: training is the same, a little slower. Serve the app with the COOP and COEP headers to share memory.';

async function checkpointEvent(
  checkpoint: Checkpoint,
  progress: { readonly updates: number; readonly environmentSteps: number }
): Promise<Extract<TrainEvent, { kind: 'checkpoint' }>> {
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
