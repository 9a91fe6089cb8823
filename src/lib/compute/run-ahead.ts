/**
 * A forward pass whose gradient is taken later: where one pass gives what is needed now and, after something else has been
 * learnt from it, a loss goes back through it, it need not be run a second time. tfjs knows gradients only of a function
 * that runs there and then; what it records of the pass is kept here until that function takes it up.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { TensorContainer } from '@tensorflow/tfjs-core';

/** tfjs' record of operations, private in its types. A function whose gradient is taken begins with an empty one. */
interface Recorder {
  startTape(): void;
  endTape(): void;
  readonly state: { activeTape: unknown[] | null; readonly gradientDepth: number };
}

export interface Ahead<T> {
  readonly result: T;
  /**
   * The same result, for a function given to `tf.variableGrads` or its like: its gradient then goes back through the pass.
   * To be called once: what the pass kept is let go with the gradient.
   */
  resume(): T;
}

/** @param run gives tensors, which the caller disposes of; not within a function whose gradient is being taken */
export function runAhead<T extends TensorContainer>(run: () => T): Ahead<T> {
  const recorder = tf.engine() as unknown as Recorder;
  if (recorder.state.gradientDepth > 0) throw new Error('runAhead: within a function whose gradient is being taken');
  recorder.startTape();
  let result: T;
  try {
    result = tf.tidy(run);
  } finally {
    recorder.endTape();
  }
  let nodes = recorder.state.activeTape ?? [];
  recorder.state.activeTape = null;
  return {
    result,
    resume() {
      const { activeTape } = recorder.state;
      if (activeTape === null || nodes.length === 0)
        throw new Error('runAhead: nothing to resume, or no gradient taken');
      activeTape.push(...nodes);
      nodes = [];
      return result;
    }
  };
}
