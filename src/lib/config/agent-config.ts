/** What a user may set about an agent: an algorithm a schema, chosen by `algorithm`. */
import * as v from 'valibot';
import { field, integer, real } from './fields.ts';

const algorithm = <const T extends string>(name: T) =>
  v.pipe(v.literal(name), v.metadata({ ...field('Algorithm', 'How the agent learns') }));

/** What every soft actor-critic has, with memory or without. */
const learning = {
  gamma: real(0, 1, 0.99, field('Discount', 'Weight of the next step against this one')),
  tau: real(0, 1, 0.005, field('Target rate', 'Share of the online critic that enters the target each update')),
  actorLearningRate: real(0, 1, 3e-4, field('Actor learning rate', 'Adam step size')),
  criticLearningRate: real(0, 1, 3e-4, field('Critic learning rate', 'Adam step size')),
  temperatureLearningRate: real(0, 1, 3e-4, field('Temperature learning rate', 'Adam step size')),
  initialTemperature: real(1e-6, 100, 0.2, field('Initial temperature', 'Weight of entropy at the start')),
  targetEntropyScale: real(-10, 10, 1, field('Target entropy', 'Times minus the number of action dimensions'))
};

const withMemory = {
  lstmUnits: integer(4, 1024, 64, field('LSTM units', 'Of the actor and of each critic')),
  hiddenUnits: integer(4, 2048, 64, field('Dense units', 'Of the layer after the LSTM')),
  ...learning,
  batch: integer(1, 1024, 16, field('Batch', 'Sequences an update')),
  sequence: integer(1, 512, 16, field('Sequence', 'Steps that are learnt from', 'steps')),
  burnIn: integer(0, 512, 8, field('Burn-in', 'Steps that only warm the memory up', 'steps')),
  replaySteps: integer(100, 1e7, 50000, field('Replay', 'Environment steps kept', 'steps')),
  learningStarts: integer(0, 1e7, 400, field('Learning starts', 'Environment steps before the first update', 'steps')),
  maxGradientNorm: real(0, 1e6, 10, field('Gradient norm', 'Largest global norm; 0 for no limit'))
};

const memoryless = {
  hiddenUnits: integer(4, 2048, 256, field('Dense units', 'Of each layer')),
  hiddenLayers: integer(1, 4, 2, field('Dense layers', 'Of the actor and of each critic')),
  ...learning,
  batch: integer(1, 4096, 256, field('Batch', 'Transitions an update')),
  replaySteps: integer(100, 1e7, 100000, field('Replay', 'Environment steps kept', 'steps')),
  learningStarts: integer(0, 1e7, 100, field('Learning starts', 'Environment steps before the first update', 'steps')),
  maxGradientNorm: real(0, 1e6, 0, field('Gradient norm', 'Largest global norm; 0 for no limit'))
};

const risk = real(
  0.01,
  1,
  1,
  field('Risk level', 'Worst part of the outcomes that the actor raises; 1 for all of them')
);
const truncated = {
  critics: integer(1, 10, 2, field('Critics', 'Whose quantiles are pooled')),
  quantiles: integer(2, 200, 25, field('Quantiles', 'Of each critic')),
  dropped: integer(0, 199, 2, field('Dropped', 'Largest quantiles left out, a critic')),
  riskLevel: risk
};
const quantiles = {
  quantiles: integer(2, 200, 32, field('Quantiles', 'Of each of the two critics')),
  riskLevel: risk
};

export const AgentSchema = v.variant('algorithm', [
  v.strictObject({ algorithm: algorithm('sac-lstm'), ...withMemory }),
  v.strictObject({ algorithm: algorithm('tqc-lstm'), ...withMemory, ...truncated }),
  v.strictObject({ algorithm: algorithm('qr-sac-lstm'), ...withMemory, ...quantiles }),
  v.strictObject({ algorithm: algorithm('sac'), ...memoryless }),
  v.strictObject({ algorithm: algorithm('tqc'), ...memoryless, ...truncated }),
  v.strictObject({ algorithm: algorithm('qr-sac'), ...memoryless, ...quantiles })
]);

export type AgentConfig = v.InferOutput<typeof AgentSchema>;
/** The family of soft actor-critics. */
export type SoftConfig = AgentConfig;
