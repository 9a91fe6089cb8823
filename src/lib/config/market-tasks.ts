/**
 * Which environments trade markets: theirs are episodes with orders, whether the market is a recording or answers. Said
 * by name, for pages and workers that have a configuration and no environment.
 */
import type { EnvConfig } from './run-config.ts';

/** What an environment's episodes are. */
type Task = 'market' | 'control';

const TASKS: Readonly<Record<EnvConfig['id'], Task>> = {
  AUPreOffV7TradeCost: 'market',
  'SimulatedPreOff-v0': 'market',
  'Pendulum-v1': 'control',
  'PendulumNoVel-v1': 'control',
  'MountainCarContinuous-v0': 'control',
  'CartPole-v1': 'control',
  'CartPoleNoVel-v1': 'control',
  'Acrobot-v1': 'control'
};

type MarketTask = Extract<EnvConfig, { readonly slots: number }>;

export const tradesMarkets = (config: EnvConfig): config is MarketTask => TASKS[config.id] === 'market';
