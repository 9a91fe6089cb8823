/** Every check finds the environments that are wrong in the way it looks for, and lets the right ones pass. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { nodeHeap } from './node-heap.ts';
import { CORRIDOR_STEPS, Corridor, FLAWS } from '../../../tests/support/corridor.ts';
import type { Flaw } from '../../../tests/support/corridor.ts';
import { EnvSchema } from '../config/run-config.ts';
import type { EnvConfig } from '../config/run-config.ts';
import type { Seed } from '../core/units.ts';
import { checkEnv } from './check-env.ts';
import { ENV_CHECKS } from './env-faults.ts';
import type { EnvCheck } from './env-faults.ts';
import { makeVectorEnv } from './make-env.ts';

const OPTIONS = { steps: 200, maxSteps: CORRIDOR_STEPS };

describe('checkEnv', () => {
  it('finds nothing wrong with an environment that is right', () => {
    expect(checkEnv(() => new Corridor(), { ...OPTIONS, heap: nodeHeap() })).toEqual([]);
  });

  const flaws = Object.entries(FLAWS).flatMap(([name, list]) => list.map((flaw: Flaw) => [name, flaw] as const));

  it('has a flawed environment for every check', () => {
    expect(Object.keys(FLAWS)).toEqual(Object.keys(ENV_CHECKS));
  });

  it.each(flaws.filter(([, flaw]) => flaw !== 'stops at the end of the space'))('%s: finds "%s"', (name, flaw) => {
    const faults = checkEnv(() => new Corridor(flaw), {
      ...OPTIONS,
      ...(name === 'allocation' ? { heap: nodeHeap() } : {})
    });
    expect(faults.map((fault) => fault.check)).toContain(name satisfies string as EnvCheck);
    for (const { what } of faults) expect(what).toMatch(/^\S.{10,}[^.]$/);
  });

  it('plays actions at the ends of the space, and lets what an environment throws through', () => {
    expect(() => checkEnv(() => new Corridor('stops at the end of the space'), OPTIONS)).toThrow(
      'expected an action under 1, got 1'
    );
  });

  it('needs no other numbers from another seed where there is nothing to draw', () => {
    const make = () => new Corridor('seed ignored');
    expect(checkEnv(make, { ...OPTIONS, seeded: false })).toEqual([]);
  });

  it('is described in the documentation as it is in the code', () => {
    const page = readFileSync(new URL('../../../docs/environments.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (.+?) +\|$/gm)].map(([, name, text]) => [name, text]);
    for (const entry of Object.entries(ENV_CHECKS)) expect(rows).toContainEqual(entry);
  });
});

const CLASSICS = [
  'Pendulum-v1',
  'PendulumNoVel-v1',
  'MountainCarContinuous-v0',
  'CartPole-v1',
  'CartPoleNoVel-v1',
  'Acrobot-v1'
] as const;

describe.each(CLASSICS)('%s', (id) => {
  const config: EnvConfig = v.parse(EnvSchema, { id, environments: 5 });

  it('starts an episode alike whatever the size of the vector, and others otherwise', () => {
    const starts = (environments: number, seed: number): Float32Array => {
      const env = makeVectorEnv({ config: { ...config, environments }, tapes: [] });
      env.reset({ seed: seed as Seed, schedule: 'once' });
      return env.buffers.observations.slice(0, 3 * env.spec.observation.size);
    };
    expect(starts(3, 7)).toEqual(starts(9, 7));
    expect(starts(3, 7)).not.toEqual(starts(3, 8));
  });
});
