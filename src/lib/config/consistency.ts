/** Rules between fields, which no single field's bounds can say. */
import type { ConfigProblem } from './config-problem.ts';
import type { RunConfig } from './run-config.ts';

export function consistencyProblems(config: RunConfig): ConfigProblem[] {
  const { env, agent } = config;
  const problems: ConfigProblem[] = [];
  if (env.id === 'AUPreOffV7TradeCost' && env.stakeCap > env.bankroll) {
    problems.push({
      path: 'env.stakeCap',
      expected: `at most the bankroll of ${env.bankroll}`,
      got: String(env.stakeCap),
      remedy: 'lower the stake cap or raise the bankroll'
    });
  }
  if (agent.learningStarts > agent.replaySteps) {
    problems.push({
      path: 'agent.learningStarts',
      expected: `at most the ${agent.replaySteps} steps the replay holds`,
      got: String(agent.learningStarts),
      remedy: 'start learning earlier or keep more steps'
    });
  }
  const needed = (agent.sequence + agent.burnIn + 1) * env.environments;
  if (needed > agent.replaySteps) {
    problems.push({
      path: 'agent.replaySteps',
      expected: `at least ${needed}, one sequence with its burn-in for each environment`,
      got: String(agent.replaySteps),
      remedy: 'keep more steps or shorten the sequence'
    });
  }
  return problems;
}
