/** Rules between fields, which no single field's bounds can say. */
import { actionsBy, actionsOf, trainableOn } from './action-kinds.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { A2cConfig, PpoConfig } from './agent-config.ts';
import type { MarketEnvConfig, RunConfig } from './run-config.ts';
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
  if (env.id === 'AUPreOffV7TradeCost' && env.stakeCap > env.bankroll) {
    problems.push({
      path: 'env.stakeCap',
      expected: `at most the bankroll of ${env.bankroll}`,
      got: String(env.stakeCap),
      remedy: 'lower the stake cap or raise the bankroll'
    });
  }
  if (env.id === 'AUPreOffV7TradeCost') problems.push(...sampleProblems(env));
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

/** The longest latency there may be: as long as one that is given. */
const MOST_MILLIS = 10_000;

function sampleProblems(env: MarketEnvConfig): ConfigProblem[] {
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
