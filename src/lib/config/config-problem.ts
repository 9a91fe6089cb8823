/** One thing wrong with a configuration, and how a list of them is said to the user. */
import { AppError } from '../core/errors.ts';

export interface ConfigProblem {
  /** Where in the configuration: `env.reward.markToMarket`; empty for the whole text. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
  /** What to do about it, as an imperative. */
  readonly remedy: string;
  /** From 1, in the YAML that was read; undefined where the configuration did not come from text. */
  readonly line?: number;
  readonly column?: number;
}

const place = (problem: ConfigProblem): string =>
  [problem.line === undefined ? '' : `line ${problem.line}`, problem.path].filter((part) => part !== '').join(', ');

export function describeProblem(problem: ConfigProblem): string {
  const where = place(problem);
  return `${where === '' ? '' : `${where}: `}expected ${problem.expected}, got ${problem.got}; ${problem.remedy}`;
}

/** All problems of one text as a single error, each on its own line when there are several. */
export function configInvalid(source: string, problems: readonly ConfigProblem[]): AppError {
  const [first, ...others] = problems;
  if (first !== undefined && others.length === 0) {
    const where = place(first);
    return new AppError('config.invalid', {
      subject: where === '' ? source : `${source} ${where}`,
      expected: first.expected,
      got: first.got,
      remedy: first.remedy
    });
  }
  return new AppError('config.invalid', {
    subject: source,
    got: `${problems.length} problems\n${problems.map((problem) => `- ${describeProblem(problem)}`).join('\n')}\n`,
    remedy: 'correct them and read it again'
  });
}
