/**
 * Everything a user may set about a run, as one schema: the YAML reader, the form in the app, the frozen copy of a
 * run and the link all use it. Each field's metadata gives what the form shows.
 */
import * as v from 'valibot';
import { AgentSchema } from './agent-config.ts';
import { choice, field, integer, real, samples, text } from './fields.ts';

const ENVIRONMENT = {
  ...field(
    'Environment',
    'The task, of those the algorithm can train on: a market before the off, or a classic with a known answer'
  )
};

/**
 * Doing nothing is worth 0. The change of hedged value already pays spread and commission, so it outweighs the other
 * terms by far: where they weigh more, doing nothing is the best an agent can learn. At these weights a step's reward
 * is of the order of 0.1, against which networks and temperatures of the usual scale learn.
 */
export const RewardSchema = v.strictObject({
  markToMarket: real(
    0,
    100,
    20,
    field('Mark to market', 'Weight of the change in hedged value, in units of the stake cap')
  ),
  allGreen: real(0, 100, 0.5, field('All green', 'Weight of being green on every runner when the market turns')),
  worstRunner: real(
    0,
    100,
    0.02,
    field('Worst runner', 'Weight of the worst result over runners when the market turns')
  ),
  exposure: real(0, 100, 0.1, field('Exposure', 'Penalty a step on what is at risk, in units of the bankroll')),
  tradeCost: real(
    0,
    100,
    0.5,
    field('Trade cost', 'Penalty on the spread and slippage paid, in units of the stake cap')
  ),
  orderSpam: real(0, 100, 0.02, field('Order spam', 'Penalty an order placed or cancelled'))
});

export const MarketEnvSchema = v.strictObject({
  id: v.pipe(v.literal('AUPreOffV7TradeCost'), v.metadata(ENVIRONMENT)),
  environments: integer(1, 512, 8, field('Environments', 'Markets played at the same time')),
  slots: integer(1, 24, 4, field('Runner slots', 'Runners the agent sees, shortest price first')),
  startMinutes: real(0.5, 120, 10, field('Start', 'When an episode begins, before the scheduled off', 'min')),
  decisionSeconds: real(0.1, 60, 5, field('Decision step', 'Time between decisions', 's')),
  maxSteps: integer(1, 100000, 240, field('Step limit', 'Decisions after which an episode is truncated')),
  bankroll: real(1, 1e9, 1000, field('Bankroll', 'What orders must be affordable from', 'currency')),
  stakeCap: real(
    2,
    1e6,
    20,
    field('Stake cap', 'Largest stake of one order, and of the position in a runner', 'currency')
  ),
  exposureLimit: real(1, 1e9, 200, field('Exposure limit', 'Worst loss that ends the episode', 'currency')),
  placeLatencyMillis: real(0, 10000, 120, field('Place latency', 'From decision to the book', 'ms')),
  cancelLatencyMillis: real(0, 10000, 170, field('Cancel latency', 'From decision to the book', 'ms')),
  latencyModel: v.optional(
    choice(
      ['constant', 'logNormal', 'recorded'],
      field(
        'Latency model',
        'constant: always as given; logNormal: drawn around it, now and then much longer; recorded: drawn from the samples below'
      )
    ),
    'constant'
  ),
  latencySpread: real(
    0,
    2,
    0.5,
    field('Latency spread', 'Standard deviation of the logarithm of a latency, where it is drawn')
  ),
  feedLatencyMillis: real(
    0,
    10000,
    0,
    field('Feed latency', 'From what happens at the market to what the agent sees of it', 'ms')
  ),
  placeLatencySamples: samples(
    field('Recorded place latencies', 'Separated by spaces or commas, each as likely; none: the place latency', 'ms')
  ),
  cancelLatencySamples: samples(
    field('Recorded cancel latencies', 'Separated by spaces or commas, each as likely; none: the cancel latency', 'ms')
  ),
  feedLatencySamples: samples(
    field(
      'Recorded feed latencies',
      'Separated by spaces or commas, each as likely; none: as late as the recording itself was, and the feed latency',
      'ms'
    )
  ),
  queue: v.optional(
    choice(
      ['fullQueue', 'riskAverse', 'probLog', 'probPower'],
      field(
        'Queue model',
        'How the queue ahead of a resting order shrinks, from the most cautious on. First in, first out has to be told single orders; recorded sizes alone make it riskAverse, so it is no choice of its own'
      )
    ),
    'fullQueue'
  ),
  slippagePercent: real(
    0,
    100,
    0,
    field('Slippage', 'Chance that the best price has gone when an order that would take it arrives', '%')
  ),
  curriculumSteps: integer(
    0,
    1e9,
    0,
    field(
      'Curriculum',
      'Environment steps over which latency, slippage and queue grow from none to what is set here; 0 for all of it at once',
      'steps'
    )
  ),
  commissionPercent: real(0, 20, 5, field('Commission', 'On net winnings of a market', '%')),
  reward: v.optional(RewardSchema, {})
});

/** The same task on markets that answer: the queue is real there, so there is none to choose. */
export const SimulatedEnvSchema = v.strictObject({
  id: v.pipe(v.literal('SimulatedPreOff-v0'), v.metadata(ENVIRONMENT)),
  ...v.omit(MarketEnvSchema, ['id', 'queue', 'feedLatencySamples', 'slippagePercent', 'curriculumSteps']).entries,
  feedLatencySamples: samples(
    field('Recorded feed latencies', 'Separated by spaces or commas, each as likely; none: the feed latency', 'ms')
  ),
  slippagePercent: real(
    0,
    100,
    0,
    field('Slippage', 'Chance that someone quicker takes the best price just before an order that would take it', '%')
  ),
  curriculumSteps: integer(
    0,
    1e9,
    0,
    field(
      'Curriculum',
      'Environment steps over which latency, slippage and the queue ahead of an order on arrival grow from none to all of it; 0 for all of it at once',
      'steps'
    )
  ),
  pace: v.optional(
    choice(['lean', 'full'], field('Pace', 'lean: as the markets of the sample; full: as busy as recorded markets')),
    'lean'
  )
});

export const ClassicEnvSchema = v.strictObject({
  id: v.pipe(
    v.picklist([
      'Pendulum-v1',
      'PendulumNoVel-v1',
      'MountainCarContinuous-v0',
      'CartPole-v1',
      'CartPoleNoVel-v1',
      'Acrobot-v1'
    ]),
    v.metadata(ENVIRONMENT)
  ),
  environments: integer(1, 4096, 8, field('Environments', 'Copies stepped together'))
});

export const EnvSchema = v.variant('id', [MarketEnvSchema, ClassicEnvSchema, SimulatedEnvSchema]);

export const TrainingSchema = v.strictObject({
  updates: integer(1, 1e9, 2000, field('Updates', 'Gradient updates in all')),
  updatesPerStep: real(0.001, 64, 0.5, field('Updates a step', 'Gradient updates a vector step')),
  evaluateEvery: integer(
    0,
    1e9,
    500,
    field('Evaluate every', 'Updates between evaluations on held-out episodes; 0 for the end only')
  ),
  checkpointSeconds: real(1, 3600, 20, field('Checkpoint every', 'What a crash or a reload may lose', 's')),
  replayMegabytes: integer(
    1,
    65536,
    2048,
    field('Replay memory', 'Most that what is kept to learn from may take; a run that asks for more is refused', 'MB')
  ),
  reportEvery: integer(1, 1e6, 10, field('Report every', 'Updates between points on the charts')),
  backend: v.optional(
    choice(
      ['auto', 'webgpu', 'wasm', 'cpu'],
      field('Device', 'auto: WebGPU where there is hardware, else WebAssembly')
    ),
    'auto'
  )
});

export const DataSchema = v.strictObject({
  dataset: v.optional(text(field('Dataset', 'Name in the catalogue; `sample` is built in')), 'sample'),
  heldOutPercent: real(0, 90, 25, field('Held out', 'Share of markets kept for evaluation', '%')),
  splitSeed: integer(0, 4294967295, 0, field('Split seed', 'Which markets are held out')),
  split: v.optional(
    choice(
      ['byMarket', 'walkForward'],
      field('Split', 'byMarket: held out at random; walkForward: what is held out comes after what is trained on')
    ),
    'byMarket'
  ),
  folds: integer(1, 100, 1, field('Folds', 'Parts that the held-out end is walked in, by time')),
  fold: integer(1, 100, 1, field('Fold', 'Which part is held out; all before it is trained on')),
  strata: v.optional(
    choice(
      ['none', 'regime'],
      field('Strata', 'regime: of calm, lively and wild markets, ranging or trending, the same share is held out')
    ),
    'none'
  )
});

export const EvaluationSchema = v.strictObject({
  bootstrapSamples: integer(
    100,
    100000,
    2000,
    field('Bootstrap samples', 'For the confidence intervals over episodes')
  ),
  confidencePercent: real(50, 99.9, 95, field('Confidence', 'Of the intervals', '%'))
});

export const RunConfigSchema = v.strictObject({
  version: v.literal(1),
  name: text(field('Name', 'What the preset is called')),
  seed: integer(0, 4294967295, 0, field('Seed', 'Root of every random stream')),
  data: v.optional(DataSchema, {}),
  env: EnvSchema,
  agent: AgentSchema,
  training: v.optional(TrainingSchema, {}),
  evaluation: v.optional(EvaluationSchema, {})
});

export type RunConfig = v.InferOutput<typeof RunConfigSchema>;
export type DataConfig = RunConfig['data'];
export type EnvConfig = RunConfig['env'];
export type MarketEnvConfig = v.InferOutput<typeof MarketEnvSchema>;
export type SimulatedEnvConfig = v.InferOutput<typeof SimulatedEnvSchema>;
export type ClassicEnvConfig = v.InferOutput<typeof ClassicEnvSchema>;
export type AgentConfig = RunConfig['agent'];
export type TrainingConfig = v.InferOutput<typeof TrainingSchema>;
export type RewardWeights = v.InferOutput<typeof RewardSchema>;
