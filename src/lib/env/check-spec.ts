/** The checks of an environment that need no step: do its spaces and names make sense, do its arrays fit them. */
import type { Box } from '../core/spaces.ts';
import { actionSize, boundsAt } from '../core/spaces.ts';
import type { Faults } from './env-faults.ts';
import type { EnvSpec, StepBuffers, VectorEnv } from './vector-env.ts';

const isCount = (value: number, least: number): boolean => Number.isInteger(value) && value >= least;

export function checkSpec(spec: EnvSpec, faults: Faults): void {
  if (spec.id.trim() === '') faults.add('spec', 'an environment has an id');
  checkBox(spec.observation, 'observation space', faults);
  const { action } = spec;
  switch (action.kind) {
    case 'box':
      checkBox(action, 'action space', faults);
      if (!Number.isFinite(action.low) || !Number.isFinite(action.high))
        faults.add('spec', 'an action space has finite bounds', `${String(action.low)} to ${String(action.high)}`);
      break;
    case 'discrete':
      if (!isCount(action.n, 2)) faults.add('spec', 'a discrete space has at least two choices', String(action.n));
      break;
    case 'multiDiscrete':
      if (action.n.length === 0 || action.n.some((n) => !isCount(n, 1)))
        faults.add('spec', 'every part of a multi-discrete space has a choice', `[${action.n.join(', ')}]`);
  }
  if (spec.rewardTerms.length === 0) faults.add('spec', 'a reward has at least one term');
  checkNames(spec.rewardTerms, 'rewardTerms', faults);
  checkNames(spec.info, 'info', faults);
}

function checkBox(box: Box, name: string, faults: Faults): void {
  if (!isCount(box.size, 1)) faults.add('spec', `${name}: size is a whole number from 1`, String(box.size));
  const { each } = box;
  if (each !== undefined && (each.low.length !== box.size || each.high.length !== box.size))
    faults.add('spec', `${name}: as many bounds as numbers`, `${String(box.size)} numbers`);
  for (let k = 0; k < box.size; k++) {
    const [low, high] = boundsAt(box, k);
    if (!(low < high))
      faults.add('spec', `${name}: low is under high`, `${String(low)} and ${String(high)} of ${String(k)}`);
    if (low < box.low || high > box.high)
      faults.add('spec', `${name}: bounds of each number lie within those of all`, `number ${String(k)}`);
  }
}

function checkNames(names: readonly string[], list: string, faults: Faults): void {
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined)
    faults.add('spec', `${list}: every column has a name of its own`, `"${twice}" is there twice`);
}

export const bufferNames = [
  'observations',
  'finalObservations',
  'actions',
  'rewards',
  'rewardTerms',
  'terminated',
  'truncated',
  'info',
  'labels',
  'episode'
] as const satisfies readonly (keyof StepBuffers)[];

export function checkArrays({ spec, size, buffers }: VectorEnv, faults: Faults): void {
  if (!isCount(size, 1)) faults.add('arrays', 'size is a whole number from 1', String(size));
  const kinds = {
    observations: Float32Array,
    finalObservations: Float32Array,
    actions: spec.action.kind === 'box' ? Float32Array : Int32Array,
    rewards: Float32Array,
    rewardTerms: Float32Array,
    terminated: Uint8Array,
    truncated: Uint8Array,
    info: Float32Array,
    labels: Float32Array,
    episode: Int32Array
  } as const;
  const widths: Readonly<Record<keyof StepBuffers, number>> = {
    observations: spec.observation.size,
    finalObservations: spec.observation.size,
    actions: actionSize(spec.action),
    rewards: 1,
    rewardTerms: spec.rewardTerms.length,
    terminated: 1,
    truncated: 1,
    info: spec.info.length,
    labels: spec.forecast?.kinds.length ?? 0,
    episode: 1
  };
  for (const name of bufferNames) {
    const array: ArrayBufferView & ArrayLike<number> = buffers[name];
    if (!(array instanceof kinds[name]))
      faults.add('arrays', `${name}: a ${kinds[name].name}`, `got a ${array.constructor.name}`);
    if (array.length !== size * widths[name])
      faults.add(
        'arrays',
        `${name}: ${String(size)} rows of ${String(widths[name])}`,
        `got ${String(array.length)} numbers`
      );
  }
  for (const one of bufferNames) {
    for (const other of bufferNames) {
      if (one < other && overlap(buffers[one], buffers[other]))
        faults.add('arrays', 'no two arrays share memory', `${one} and ${other} do`);
    }
  }
}

const overlap = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  a.buffer === b.buffer &&
  a.byteLength > 0 &&
  b.byteLength > 0 &&
  a.byteOffset < b.byteOffset + b.byteLength &&
  b.byteOffset < a.byteOffset + a.byteLength;
