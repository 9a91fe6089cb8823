/**
 * Brings our kernels onto a tfjs-wasm backend: loads the module, checks each kernel against stock tfjs, and puts those in
 * use that agree. Whatever goes wrong leaves stock tfjs in place and is said in the device report.
 */
import * as tf from '@tensorflow/tfjs-core';
import { setInPlaceKernels } from '../in-place.ts';
import { setFusedLstm } from '../lstm.ts';
import { setFusedMlp } from '../mlp.ts';
import { checkConcat, checkInPlace, checkLstm, checkMatMul, checkMlp, checkSum, TOLERANCE } from './check.ts';
import { wasmInPlace } from './in-place-ops.ts';
import { wasmLstm } from './lstm-op.ts';
import { wasmMlp } from './mlp-op.ts';
import { startModule, type KernelModule, type LoadModule, type Precision, type WasmBackend } from './module.ts';
import { stopUsing, useOps } from './ops.ts';

export interface WasmKernelOptions {
  /**
   * `strict`: the same bits on every CPU. `relaxed`: multiplies and adds may be fused, about a quarter faster, and bits
   * depend on the CPU. Default strict.
   */
  readonly precision?: Precision;
  /** Instead of the modules that were built with the program. */
  readonly load?: LoadModule;
}

/** What is in use, as a sentence for the device report. tfjs' current backend has to be wasm. */
export async function installWasmKernels({ precision = 'strict', load }: WasmKernelOptions): Promise<string> {
  const backend = tf.backend() as unknown as WasmBackend;
  const notices: string[] = [];
  let module: KernelModule | undefined;
  let used = precision;
  try {
    module = await startModule(backend, precision, load).catch(async (error: unknown) => {
      if (precision === 'strict') throw error;
      used = 'strict';
      notices.push(`relaxed SIMD did not start (${reasonOf(error)})`);
      return startModule(backend, 'strict', load);
    });
  } catch (error) {
    return `stock tfjs: our kernels did not start (${reasonOf(error)})`;
  }

  const inUse: string[] = [];
  for (const { name, check, refuse } of candidates(module)) {
    const verdict = tryCheck(check);
    if (verdict === undefined) inUse.push(name);
    else {
      refuse();
      notices.push(`stock tfjs for ${name}: ${verdict}`);
    }
  }
  const own = inUse.length === 0 ? [] : [`own SIMD kernels (${used}): ${inUse.join(', ')}`];
  return [...own, ...notices].join('; ');
}

interface Candidate {
  readonly name: string;
  readonly check: () => number;
  readonly refuse: () => void;
}

/** Products and sums first: the gradients of the LSTM's reference use them. */
function candidates(module: KernelModule): readonly Candidate[] {
  useOps(module, ['BatchMatMul', 'Sum', 'Concat']);
  const lstm = wasmLstm(module);
  const mlp = wasmMlp(module);
  const inPlace = wasmInPlace(module);
  return [
    { name: 'matrix product', check: checkMatMul, refuse: () => stopUsing(module, 'BatchMatMul') },
    { name: 'sums', check: checkSum, refuse: () => stopUsing(module, 'Sum') },
    { name: 'concatenation', check: checkConcat, refuse: () => stopUsing(module, 'Concat') },
    {
      name: 'LSTM',
      check: () => {
        const error = checkLstm(lstm);
        if (error <= TOLERANCE) setFusedLstm('wasm', lstm);
        return error;
      },
      refuse: () => setFusedLstm('wasm', undefined)
    },
    {
      name: 'dense layers',
      check: () => {
        const error = checkMlp(mlp);
        if (error <= TOLERANCE) setFusedMlp('wasm', mlp);
        return error;
      },
      refuse: () => setFusedMlp('wasm', undefined)
    },
    {
      name: 'optimisers in place',
      check: () => {
        const error = checkInPlace(inPlace);
        if (error <= TOLERANCE) setInPlaceKernels('wasm', inPlace);
        return error;
      },
      refuse: () => setInPlaceKernels('wasm', undefined)
    }
  ];
}

/** Undefined when the kernel agrees, else why it is not used. */
function tryCheck(check: () => number): string | undefined {
  try {
    const error = check();
    return error <= TOLERANCE ? undefined : `ours differs by ${error.toExponential(1)} of the largest value`;
  } catch (error) {
    return `ours failed (${reasonOf(error)})`;
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
