/** Brings our own onto a tfjs-webgpu backend: recorded updates. Says what is in use. */
import * as tf from '@tensorflow/tfjs-core';
import { setCapture } from '../captured.ts';
import { webgpuBackend } from './backend.ts';
import { captureOn } from './capture.ts';

/**
 * What is in use, as a sentence for the device report. tfjs' current backend has to be webgpu.
 * @param tell takes a sentence for the user when updates turn out not to be recordable
 */
export function installWebgpu(tell: (notice: string) => void): string {
  // Small operations are left on the GPU: a recording needs them there, and what is not recorded is to give the same bits.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  setCapture('webgpu', captureOn(webgpuBackend(), tell));
  return 'stock tfjs, updates recorded and replayed';
}
