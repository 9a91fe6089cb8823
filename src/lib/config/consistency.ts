/** Rules between fields, which no single field's bounds can say. */
import { actionsBy, actionsOf, trainableOn } from './action-kinds.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { A2cConfig, AgentConfig, PpoConfig } from './agent-config.ts';
import { tradesMarkets } from './market-tasks.ts';
import type { EnvConfig, MarketEnvConfig, RunConfig, SimulatedEnvConfig } from './run-config.ts';
import { sampleList } from './sample-list.ts';

export function consistencyProblems(config: RunConfig): ConfigProblem[] {
  const { env, agent } = config;
  const problems: ConfigProblem[] = [];
  if (!actionsBy(agent.algorithm).includes(actionsOf(env.id))) {
    problems.push({
      path: 'env.id',
      expected: `an environment with ${actionsBy(agent.algorithm).join(' or ')} actions, which ${agent.algorithm} needs`,
      got: `${env.id}, whose actions are ${actionsOf(env.id)}`,
      remedy: `choose ${trainableOn(agent.algorithm).join(' or ')}`
    });
  }
  if (tradesMarkets(env) && env.stakeCap > env.bankroll) {
    problems.push({
      path: 'env.stakeCap',
      expected: `at most the bankroll of ${env.bankroll}`,
      got: String(env.stakeCap),
      remedy: 'lower the stake cap or raise the bankroll'
    });
  }
  if (tradesMarkets(env)) problems.push(...sampleProblems(env));
  if ('rolloutSteps' in agent) return [...problems, ...rolloutProblems(agent, env.environments)];
  if (agent.learningStarts > agent.replaySteps) {
    problems.push({
      path: 'agent.learningStarts',
      expected: `at most the ${agent.replaySteps} steps the replay holds`,
      got: String(agent.learningStarts),
      remedy: 'start learning earlier or keep more steps'
    });
  }
  const rows = 'sequence' in agent ? agent.sequence + agent.burnIn : 'nStep' in agent ? agent.nStep + 1 : 1;
  const needed = (rows + 1) * env.environments;
  if (needed > agent.replaySteps) {
    problems.push({
      path: 'agent.replaySteps',
      expected: `at least ${needed}, one ${'nStep' in agent ? 'return' : 'sequence with its burn-in'} for each environment`,
      got: String(agent.replaySteps),
      remedy: `keep more steps or shorten the ${'nStep' in agent ? 'return' : 'sequence'}`
    });
  }
  if ('auxSteps' in agent) problems.push(...forecastProblems(agent, env));
  if ('dropped' in agent && agent.dropped >= agent.quantiles) {
    problems.push({
      path: 'agent.dropped',
      expected: `fewer than the ${agent.quantiles} quantiles of a critic`,
      got: String(agent.dropped),
      remedy: 'drop fewer or have more quantiles'
    });
  }
  return problems;
}

/** Of markets alone is anything told that a memory could learn to forecast, and only within an episode. */
function forecastProblems(agent: Extract<AgentConfig, { auxSteps: number }>, env: EnvConfig): ConfigProblem[] {
  const asked = (['auxPrice', 'auxVolume', 'auxFill'] as const).filter((name) => agent[name] > 0);
  const [first] = asked;
  if (first === undefined) return [];
  if (!tradesMarkets(env)) {
    return asked.map((name) => ({
      path: `agent.${name}`,
      expected: `0 on ${env.id}, where there is no market to forecast`,
      got: String(agent[name]),
      remedy: 'set it to 0, or choose an environment that trades markets'
    }));
  }
  const most = Math.min(env.maxSteps, Math.floor(agent.replaySteps / env.environments));
  if (agent.auxSteps < most) return [];
  return [
    {
      path: 'agent.auxSteps',
      expected: `fewer than the ${most} decisions that an episode and the replay hold`,
      got: String(agent.auxSteps),
      remedy: 'look less far ahead'
    }
  ];
}

/** The longest latency there may be: as long as one that is given. */
const MOST_MILLIS = 10_000;

function sampleProblems(env: MarketEnvConfig | SimulatedEnvConfig): ConfigProblem[] {
  const fields = ['placeLatencySamples', 'cancelLatencySamples', 'feedLatencySamples'] as const;
  const wrong = fields.filter((name) => sampleList(env[name], MOST_MILLIS) === undefined);
  const problems = wrong.map((name) => ({
    path: `env.${name}`,
    expected: `milliseconds from 0 to ${MOST_MILLIS}, separated by spaces or commas`,
    got: JSON.stringify(env[name].slice(0, 60)),
    remedy: 'write them as 85, 90.5, 240'
  }));
  const given = fields.find((name) => env[name].trim() !== '');
  if (given === undefined || env.latencyModel === 'recorded') return problems;
  problems.push({
    path: `env.${given}`,
    expected: 'the latency model recorded, which alone draws from samples',
    got: env.latencyModel,
    remedy: 'choose latencyModel: recorded, or remove the samples'
  });
  return problems;
}

function rolloutProblems(agent: PpoConfig | A2cConfig, environments: number): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const played = agent.rolloutSteps * environments;
  if ('sequence' in agent && agent.rolloutSteps % agent.sequence !== 0) {
    problems.push({
      path: 'agent.rolloutSteps',
      expected: `a multiple of the sequence of ${agent.sequence} steps`,
      got: String(agent.rolloutSteps),
      remedy: 'change one of the two'
    });
  }
  if ('batch' in agent && agent.batch > played) {
    problems.push({
      path: 'agent.batch',
      expected: `at most the ${played} steps of a rollout (${agent.rolloutSteps} of each environment)`,
      got: String(agent.batch),
      remedy: 'play longer rollouts or more environments, or learn from smaller batches'
    });
  }
  return problems;
}
