/**
 * What a run will cost, said before it starts: time from a rate measured in this browser (an earlier run, scaled by
 * the work an update does) or, before there is one, from a stated assumption; memory from the sizes themselves. Pure.
 */
import type { QConfig } from '$lib/config/agent-config.ts';
import { forecastSteps } from '$lib/config/forecasts.ts';
import type { RunConfig } from '$lib/config/run-config.ts';

export interface Spaces {
  readonly observation: number;
  /** Numbers an action takes. */
  readonly action: number;
  /** What there is to choose from, over all of an action's numbers; 0 where it is no choice. */
  readonly choices: number;
}

export interface Measured {
  readonly updatesPerSecond: number;
  /** Work of an update of the run that was measured, by `updateWork`. */
  readonly work: number;
  /** `quiet-bay-17`. */
  readonly run: string;
}

export interface Estimate {
  readonly seconds: number;
  /** Where the rate comes from: always shown beside the time. */
  readonly basis: string;
  readonly replayBytes: number;
  readonly weightBytes: number;
}

/**
 * Multiply-adds a second, and the fixed cost of an update, that are assumed before anything was measured: two CPU cores
 * with the WebAssembly kernels.
 */
const ASSUMED_RATE = 2.5e9;
const FIXED_SECONDS = 0.012;

const lstmWeights = (input: number, units: number): number => 4 * units * (input + units + 1);

interface Networks {
  /** Weights of the actor and of one critic. */
  readonly actor: number;
  readonly critic: number;
  readonly critics: number;
  readonly lstm: number;
  readonly sequence: number;
  readonly burnIn: number;
}

function networks({ agent }: RunConfig, { observation, action }: Spaces): Networks {
  const { hiddenUnits: hidden } = agent;
  const memory = 'lstmUnits' in agent;
  const lstm = memory ? agent.lstmUnits : 0;
  const last = 'secondUnits' in agent ? agent.secondUnits : hidden;
  const layers = 'secondUnits' in agent ? 2 : 'hiddenLayers' in agent ? agent.hiddenLayers : 1;
  const further = (layers - 1) * (hidden + 1) * last;
  const outputs = 'quantiles' in agent ? agent.quantiles : 1;
  // A mean and a deviation; of TD3 the action alone.
  const heads = 'policyDelay' in agent ? 1 : 2;
  // Memory reads observation, previous action and previous reward, and they go round it as well; a critic's dense
  // layers read the present action besides.
  const inputs = observation + action + 1;
  const torso = memory ? lstmWeights(inputs, lstm) : 0;
  const width = memory ? lstm + inputs : observation;
  return {
    actor: torso + (width + 1) * hidden + further + (last + 1) * heads * action,
    critic: torso + (width + action + 1) * hidden + further + (last + 1) * outputs,
    critics: 'critics' in agent ? agent.critics : 2,
    lstm,
    sequence: memory ? agent.sequence : 1,
    burnIn: 'burnIn' in agent ? agent.burnIn : 0
  };
}

/** Weights of the network of a DQN or QR-DQN. */
function valueWeights(agent: QConfig, { observation, choices }: Spaces): number {
  const { hiddenUnits: hidden, hiddenLayers } = agent;
  const streams = agent.head === 'duelling' ? 2 : 1;
  const inputs = hiddenLayers === 1 ? observation : hidden;
  const shared = hiddenLayers === 1 ? 0 : (observation + 1) * hidden + (hiddenLayers - 2) * (hidden + 1) * hidden;
  const outputs = ('quantiles' in agent ? agent.quantiles : 1) * (choices + streams - 1);
  return shared + streams * (inputs + 1) * hidden + (hidden + 1) * outputs;
}

/** Multiply-adds of one update: every network's passes over batch and sequence, a backward pass counted as two. */
export function updateWork(config: RunConfig, spaces: Spaces): number {
  const { agent } = config;
  if ('rolloutSteps' in agent) {
    const { actor, critic } = networks(config, spaces);
    const steps = 'batch' in agent ? agent.batch : agent.rolloutSteps * config.env.environments;
    return 3 * steps * (actor + critic);
  }
  if ('targetSteps' in agent) {
    // The target network forward, the network both ways, and forward once more where it judges what comes after.
    return agent.batch * (agent.bootstrap === 'double' ? 5 : 4) * valueWeights(agent, spaces);
  }
  const { actor, critic, critics, sequence, burnIn } = networks(config, spaces);
  if ('policyDelay' in agent) {
    // Critics: their targets and the actor's forward, they themselves both ways. Now and then actor and one critic both ways.
    return agent.batch * (actor + 4 * critics * critic + (3 * actor + 3 * critic) / agent.policyDelay);
  }
  const warm = burnIn * (2 * actor + 2 * critics * critic);
  // Critic loss: actor and target critics forward, critics forward and backward. Actor loss: actor and critics both ways.
  const learnt = sequence * (4 * actor + 7 * critics * critic);
  return agent.batch * (warm + learnt);
}

export function estimate(config: RunConfig, spaces: Spaces, measured: Measured | undefined): Estimate {
  const work = updateWork(config, spaces);
  const assumed = (units: number): number => FIXED_SECONDS + units / ASSUMED_RATE;
  const each =
    measured === undefined ? assumed(work) : (assumed(work) / assumed(measured.work)) * (1 / measured.updatesPerSecond);
  const { observation, action } = spaces;
  const stepsInRun = (config.training.updates / config.training.updatesPerStep) * config.env.environments;
  return {
    seconds: each * config.training.updates,
    basis:
      measured === undefined
        ? 'assumed for two CPU cores; nothing was measured in this browser yet'
        : `from ${measured.run}, trained in this browser`,
    // A stored step: observation, action, reward, flags, and what the agent keeps beside them.
    replayBytes: stepsKept(config, stepsInRun) * ((observation + action + 1) * 4 + 1 + besideBytes(config, spaces)),
    weightBytes: 4 * weightsHeld(config, spaces)
  };
}

/** Beside a stored step: at most the actor's recurrent state and what is told of it, or a priority with its part of the tree. */
function besideBytes(config: RunConfig, spaces: Spaces): number {
  const { agent } = config;
  if ('targetSteps' in agent) return agent.sampling === 'prioritised' ? 16 : 0;
  // What is told of a step later: a number of each kind a slot, of fills one a side.
  const labels = 'slots' in config.env && forecastSteps(agent) > 0 ? 16 * config.env.slots : 0;
  return 8 * networks(config, spaces).lstm + labels;
}

/** Online weights, their gradients and two moments; the targets besides. */
function weightsHeld(config: RunConfig, spaces: Spaces): number {
  if ('targetSteps' in config.agent) return 5 * valueWeights(config.agent, spaces);
  const { actor, critic, critics } = networks(config, spaces);
  const targets = critics * critic + ('policyDelay' in config.agent ? actor : 0);
  return 4 * (actor + critics * critic) + targets;
}

/** A replay fills up to its size as far as the run plays; a rollout is all there is of the other kind. */
function stepsKept({ agent, env }: RunConfig, stepsInRun: number): number {
  if ('rolloutSteps' in agent) return agent.rolloutSteps * env.environments;
  return Math.min(agent.replaySteps, stepsInRun + agent.learningStarts);
}
