/** What the checks of an environment find: a list of faults, one a rule, each under the check that found it. */

/** The checks, in the order in which they run. */
export const ENV_CHECKS = {
  spec: 'spaces and names make sense',
  arrays: 'arrays have the types and lengths of the spaces, and share no memory',
  reset: 'a reset clears flags and rewards and begins an episode everywhere',
  actions: 'a step leaves the actions as they were and takes those at the ends of the space',
  bounds: 'observations are finite and within the space',
  rewards: 'rewards are finite and the sum of their terms, and so is info',
  ends: 'terminated and truncated are 0 or 1 and never both; truncated is the step limit and nothing else',
  autoreset: 'an ended episode leaves its last view, and its place shows the next one in the same step',
  seed: 'the same seed gives the same numbers, another seed others',
  independence: 'what one environment does shows in no other',
  schedule: 'a once schedule plays every episode once and then stands still',
  allocation: 'arrays stay the same objects, and a step allocates nothing'
} as const;

export type EnvCheck = keyof typeof ENV_CHECKS;

export interface EnvFault {
  readonly check: EnvCheck;
  /** One sentence, with the numbers of the first time it happened. */
  readonly what: string;
}

export class Faults {
  readonly #found = new Map<string, EnvFault>();

  /** @param rule what should hold; later breaches of the same rule are not listed again */
  add(check: EnvCheck, rule: string, detail?: string): void {
    if (this.#found.has(rule)) return;
    this.#found.set(rule, { check, what: detail === undefined ? rule : `${rule}: ${detail}` });
  }

  /** In the order of the checks. */
  list(): readonly EnvFault[] {
    const order = Object.keys(ENV_CHECKS);
    return [...this.#found.values()].sort((a, b) => order.indexOf(a.check) - order.indexOf(b.check));
  }
}
