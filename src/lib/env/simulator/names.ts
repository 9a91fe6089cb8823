/** Invented courses and runners. Each is plainly of a simulator's making, and none is a real one. */
import type { Random } from '../../core/random.ts';

const COURSES = [
  'Lantern Flat',
  'Mirage Park',
  'Pseudo Downs',
  'Seedville',
  'Paper Creek',
  'Figment Hill',
  'Nowhere Bay'
];
const FIRST = [
  'Gaussian',
  'Seeded',
  'Random',
  'Stochastic',
  'Synthetic',
  'Poisson',
  'Markov',
  'Bayesian',
  'Ergodic',
  'Imaginary',
  'Hidden',
  'Bounded',
  'Discrete',
  'Invented',
  'Sampled',
  'Latent'
];
const LAST = [
  'Gale',
  'Walker',
  'Martingale',
  'Biscuit',
  'Pebble',
  'Thicket',
  'Marmalade',
  'Comet',
  'Lantern',
  'Teapot'
];

export const courseName = (random: Random): string => COURSES[random.below(COURSES.length)]!;

/** Different names for a field of up to 24. */
export function runnerNames(random: Random, count: number): string[] {
  const pairs = Array.from({ length: FIRST.length * LAST.length }, (_, i) => i);
  random.shuffle(pairs);
  return pairs.slice(0, count).map((i) => `${FIRST[i % FIRST.length]!} ${LAST[Math.floor(i / FIRST.length)]!}`);
}
