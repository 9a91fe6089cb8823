/** What a user may set about an agent: an algorithm a schema, chosen by `algorithm`. */
import * as v from 'valibot';
import { choice, field, integer, real } from './fields.ts';

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

/** What an agent with memory may learn to tell besides: see `forecasts.ts`. Of markets alone. */
const forecastWeight = (title: string, what: string) =>
  real(0, 1000, 0, field(title, `Weight in the loss of telling ${what}; 0 for not at all`));

/** What agents that learn from a replay may do with what they see. */
const seen = {
  normalise: v.optional(
    choice(['none', 'observations'], field('Normalise', 'Observations by the running mean and spread of those seen')),
    'none'
  )
};

/** Of sequences with memory, of single transitions without. */
const drawn = {
  nStep: integer(1, 100, 1, field('Steps', 'Whose rewards are summed before the bootstrap', 'steps')),
  sampling: v.optional(
    choice(['uniform', 'prioritised'], field('Sampling', 'prioritised: what surprised is drawn more often')),
    'uniform'
  ),
  ...seen
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
  maxGradientNorm: real(0, 1e6, 10, field('Gradient norm', 'Largest global norm; 0 for no limit')),
  auxPrice: forecastWeight('Price forecast', 'how the last traded price of each runner changes'),
  auxVolume: forecastWeight('Volume forecast', 'how much is traded on each runner'),
  auxFill: forecastWeight('Fill forecast', 'whether an order in the queue at the best price is reached'),
  auxSteps: integer(1, 1000, 6, field('Forecast horizon', 'How far ahead the memory learns to tell', 'decisions'))
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

/** What PPO and A2C have, with memory or without. */
const onPolicy = {
  gamma: learning.gamma,
  entropyWeight: real(0, 10, 0, field('Entropy weight', 'How much the policy is kept open')),
  valueWeight: real(0, 10, 0.5, field('Value weight', 'Of the error of the value in the loss')),
  maxGradientNorm: real(0, 1e6, 0.5, field('Gradient norm', 'Largest global norm; 0 for no limit')),
  anneal: v.optional(
    choice(
      ['constant', 'linear'],
      field('Annealing', 'Whether learning rate and clip range fall to nothing by the end')
    ),
    'constant'
  ),
  normalise: v.optional(
    choice(
      ['none', 'observations', 'running'],
      field('Normalise', 'By running mean and spread: observations alone, or with them rewards (running)')
    ),
    'none'
  )
};
const advantages = (value: 'none' | 'batch') =>
  v.optional(
    choice(['none', 'batch'], field('Normalise advantages', 'To mean 0 and spread 1 within a minibatch')),
    value
  );
const ppo = {
  learningRate: real(0, 1, 3e-4, field('Learning rate', 'Adam step size')),
  rolloutSteps: integer(1, 65536, 32, field('Rollout', 'Steps of each environment between learning', 'steps')),
  batch: integer(1, 65536, 256, field('Batch', 'Steps a minibatch', 'steps')),
  epochs: integer(1, 100, 10, field('Epochs', 'Passes over a rollout')),
  clip: real(0.001, 10, 0.2, field('Clip range', 'How far the probability of an action may move at once')),
  valueClip: real(0, 1000, 0, field('Value clip', 'How far a value may move at once; 0 for no limit')),
  lambda: real(0, 1, 0.95, field('Lambda', 'Of generalised advantage estimation')),
  ...onPolicy,
  normaliseAdvantages: advantages('batch')
};
const a2c = {
  learningRate: real(0, 1, 7e-4, field('Learning rate', 'RMSProp step size')),
  rolloutSteps: integer(1, 65536, 5, field('Rollout', 'Steps of each environment between learning', 'steps')),
  lambda: real(0, 1, 1, field('Lambda', 'Of generalised advantage estimation')),
  ...onPolicy,
  normaliseAdvantages: advantages('none')
};
const policyNets = {
  hiddenUnits: integer(4, 2048, 64, field('Dense units', 'Of each layer')),
  hiddenLayers: integer(1, 4, 2, field('Dense layers', 'Of the policy and of the value'))
};
const policyMemory = {
  lstmUnits: integer(4, 1024, 64, field('LSTM units', 'Of the policy and of the value')),
  hiddenUnits: integer(4, 2048, 64, field('Dense units', 'Of each layer after the LSTM')),
  hiddenLayers: integer(1, 4, 1, field('Dense layers', 'After the LSTM')),
  sequence: integer(1, 512, 16, field('Sequence', 'Consecutive steps that gradients run through', 'steps'))
};
const PpoSchema = v.strictObject({ algorithm: algorithm('ppo'), ...policyNets, ...ppo });
const PpoLstmSchema = v.strictObject({ algorithm: algorithm('ppo-lstm'), ...policyMemory, ...ppo });
const A2cSchema = v.strictObject({ algorithm: algorithm('a2c'), ...policyNets, ...a2c });
const A2cLstmSchema = v.strictObject({
  algorithm: algorithm('a2c-lstm'),
  ...policyMemory,
  ...a2c,
  rolloutSteps: integer(1, 65536, 16, field('Rollout', 'Steps of each environment between learning', 'steps'))
});

/** What DQN and QR-DQN have; each of the options is a step away from the plain algorithm. */
const valued = {
  hiddenUnits: integer(4, 2048, 64, field('Dense units', 'Of each layer')),
  hiddenLayers: integer(1, 4, 2, field('Dense layers', 'Before the values')),
  gamma: learning.gamma,
  batch: integer(1, 4096, 32, field('Batch', 'Transitions an update')),
  replaySteps: integer(100, 1e7, 100000, field('Replay', 'Environment steps kept', 'steps')),
  learningStarts: integer(0, 1e7, 100, field('Learning starts', 'Environment steps before the first update', 'steps')),
  learnEvery: integer(
    1,
    1e6,
    4,
    field('Learn every', 'Vector steps between spells of learning; what is owed by then is done at once', 'steps')
  ),
  targetSteps: integer(
    1,
    1e7,
    10000,
    field('Target every', 'Environment steps between copies of the network into its target', 'steps')
  ),
  explorationSteps: integer(
    0,
    1e9,
    10000,
    field('Exploration', 'Environment steps over which random choices become as rare as they will be', 'steps')
  )
};
const valuedOptions = {
  bootstrap: v.optional(
    choice(
      ['single', 'double'],
      field('Bootstrap', 'single: the target chooses what it values; double: the network chooses, which overrates less')
    ),
    'single'
  ),
  head: v.optional(
    choice(['plain', 'duelling'], field('Head', 'duelling: the value of the state apart from that of the choices')),
    'plain'
  ),
  nStep: integer(1, 100, 1, field('Steps', 'Whose rewards are summed before the bootstrap', 'steps')),
  sampling: v.optional(
    choice(['uniform', 'prioritised'], field('Sampling', 'prioritised: what surprised is drawn more often')),
    'uniform'
  ),
  anneal: v.optional(
    choice(['constant', 'linear'], field('Annealing', 'Whether the learning rate falls to nothing by the end')),
    'constant'
  ),
  ...seen
};
const DqnSchema = v.strictObject({
  algorithm: algorithm('dqn'),
  ...valued,
  learningRate: real(0, 1, 1e-4, field('Learning rate', 'Adam step size')),
  explorationEnd: real(0, 1, 0.05, field('Last exploration', 'Part of choices that stay random')),
  maxGradientNorm: real(0, 1e6, 10, field('Gradient norm', 'Largest global norm; 0 for no limit')),
  ...valuedOptions
});
const QrDqnSchema = v.strictObject({
  algorithm: algorithm('qr-dqn'),
  ...valued,
  learningRate: real(0, 1, 5e-5, field('Learning rate', 'Adam step size')),
  explorationEnd: real(0, 1, 0.01, field('Last exploration', 'Part of choices that stay random')),
  maxGradientNorm: real(0, 1e6, 0, field('Gradient norm', 'Largest global norm; 0 for no limit')),
  quantiles: integer(2, 200, 200, field('Quantiles', 'Of the return of each choice')),
  ...valuedOptions
});

/** TD3 with the networks of its paper (400 and 300 units); rates and batch are those of Stable-Baselines3. */
const Td3Schema = v.strictObject({
  algorithm: algorithm('td3'),
  hiddenUnits: integer(4, 2048, 400, field('Dense units', 'Of the first layer of the actor and of each critic')),
  secondUnits: integer(4, 2048, 300, field('Second layer', 'Units of the layer after it')),
  gamma: learning.gamma,
  tau: learning.tau,
  actorLearningRate: real(0, 1, 1e-3, field('Actor learning rate', 'Adam step size')),
  criticLearningRate: real(0, 1, 1e-3, field('Critic learning rate', 'Adam step size')),
  policyDelay: integer(1, 1000, 2, field('Policy delay', 'Updates of the critics for one of the actor', 'updates')),
  explorationNoise: real(
    0,
    2,
    0.1,
    field('Exploration noise', 'Standard deviation of what is added to an action, in halves of its range')
  ),
  targetNoise: real(
    0,
    2,
    0.2,
    field('Target noise', 'Standard deviation of what is added to the action the critics learn from')
  ),
  targetNoiseClip: real(0, 2, 0.5, field('Target noise limit', 'Most that is added to it')),
  batch: memoryless.batch,
  replaySteps: memoryless.replaySteps,
  learningStarts: memoryless.learningStarts,
  maxGradientNorm: memoryless.maxGradientNorm,
  ...seen
});

export const AgentSchema = v.variant('algorithm', [
  v.strictObject({ algorithm: algorithm('sac-lstm'), ...withMemory, ...drawn }),
  v.strictObject({ algorithm: algorithm('tqc-lstm'), ...withMemory, ...drawn, ...truncated }),
  v.strictObject({ algorithm: algorithm('qr-sac-lstm'), ...withMemory, ...drawn, ...quantiles }),
  v.strictObject({ algorithm: algorithm('sac'), ...memoryless, ...drawn }),
  v.strictObject({ algorithm: algorithm('tqc'), ...memoryless, ...drawn, ...truncated }),
  v.strictObject({ algorithm: algorithm('qr-sac'), ...memoryless, ...drawn, ...quantiles }),
  Td3Schema,
  PpoSchema,
  PpoLstmSchema,
  A2cSchema,
  A2cLstmSchema,
  DqnSchema,
  QrDqnSchema
]);

export type AgentConfig = v.InferOutput<typeof AgentSchema>;
export type PpoConfig = v.InferOutput<typeof PpoSchema> | v.InferOutput<typeof PpoLstmSchema>;
export type A2cConfig = v.InferOutput<typeof A2cSchema> | v.InferOutput<typeof A2cLstmSchema>;
export type QConfig = v.InferOutput<typeof DqnSchema> | v.InferOutput<typeof QrDqnSchema>;
export type Td3Config = v.InferOutput<typeof Td3Schema>;
/** The family of soft actor-critics. */
export type SoftConfig = Exclude<AgentConfig, PpoConfig | A2cConfig | QConfig | Td3Config>;
