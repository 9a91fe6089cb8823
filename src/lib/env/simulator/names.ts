/** Invented courses and runners. Each is plainly of a simulator's making, and none is a real one. */

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

export const COURSE_NAMES = COURSES.length;
/** So many runners have names of their own. */
export const RUNNER_NAMES = FIRST.length * LAST.length;

export const courseName = (course: number): string => COURSES[course]!;

/** @param name 0 to `RUNNER_NAMES` - 1 */
export const runnerName = (name: number): string =>
  `${FIRST[name % FIRST.length]!} ${LAST[Math.floor(name / FIRST.length)]!}`;
