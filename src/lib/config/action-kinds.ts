/**
 * Which environments an algorithm can train on, by the kind of action they take. Said here by name, because a
 * configuration is checked, and a form drawn, before an environment or an agent is made.
 */
import type { AgentConfig, EnvConfig } from './run-config.ts';

/** A number from a range, or one choice of a few. */
type ActionKind = 'continuous' | 'discrete';

const TAKES: Readonly<Record<EnvConfig['id'], ActionKind>> = {
  AUPreOffV7TradeCost: 'continuous',
  'Pendulum-v1': 'continuous',
  'PendulumNoVel-v1': 'continuous',
  'MountainCarContinuous-v0': 'continuous',
  'SimulatedPreOff-v0': 'continuous',
  'CartPole-v1': 'discrete',
  'CartPoleNoVel-v1': 'discrete',
  'Acrobot-v1': 'discrete'
};

const CONTINUOUS: readonly ActionKind[] = ['continuous'];
const DISCRETE: readonly ActionKind[] = ['discrete'];
const EITHER: readonly ActionKind[] = ['continuous', 'discrete'];
const GIVES: Readonly<Record<AgentConfig['algorithm'], readonly ActionKind[]>> = {
  'sac-lstm': CONTINUOUS,
  'tqc-lstm': CONTINUOUS,
  'qr-sac-lstm': CONTINUOUS,
  sac: CONTINUOUS,
  tqc: CONTINUOUS,
  'qr-sac': CONTINUOUS,
  td3: CONTINUOUS,
  ppo: EITHER,
  'ppo-lstm': EITHER,
  a2c: EITHER,
  'a2c-lstm': EITHER,
  dqn: DISCRETE,
  'qr-dqn': DISCRETE
};

export const actionsOf = (id: EnvConfig['id']): ActionKind => TAKES[id];
export const actionsBy = (algorithm: AgentConfig['algorithm']): readonly ActionKind[] => GIVES[algorithm];

export const isAlgorithm = (value: unknown): value is AgentConfig['algorithm'] =>
  typeof value === 'string' && Object.hasOwn(GIVES, value);

/** Ids of the environments that an algorithm can train on. */
export const trainableOn = (algorithm: AgentConfig['algorithm']): readonly string[] =>
  Object.entries(TAKES).flatMap(([id, kind]) => (GIVES[algorithm].includes(kind) ? [id] : []));
