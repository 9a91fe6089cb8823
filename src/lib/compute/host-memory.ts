/** Whether tensors lie in memory that JavaScript reads without waiting: small odd arithmetic is then done in plain loops. */
import * as tf from '@tensorflow/tfjs-core';

const BACKENDS: ReadonlySet<string> = new Set(['wasm', 'cpu']);

/** Of the backend in use. */
export const readsAtOnce = (): boolean => BACKENDS.has(tf.getBackend());
