/**
 * Brings our kernels onto a tfjs-wasm backend: loads the module, checks each kernel against stock tfjs, and puts those in
 * use that agree. Whatever goes wrong leaves stock tfjs in place and is said in the device report.
 */
import * as tf from '@tensorflow/tfjs-core';
import { setCapture } from '../captured.ts';
import { fusedLosses, setFusedLosses, type FusedLosses } from '../fused-losses.ts';
import { setInPlaceKernels } from '../in-place.ts';
import { checkClipped, checkMaskedMean, checkQuantileHuber, checkSmallest, checkSquashed } from '../loss-checks.ts';
import { setFusedLstm } from '../lstm.ts';
import { setJoiningMlp } from '../mlp.ts';
import {
  checkCast,
  checkClone,
  checkConcat,
  checkFill,
  checkInPlace,
  checkLstm,
  checkMatMul,
  checkMlp,
  checkPack,
  checkSlice,
  checkSplit,
  checkSum,
  TOLERANCE
} from './check.ts';
import { captureOnCpu } from './capture.ts';
import { wasmInPlace } from './in-place-ops.ts';
import { wasmLosses } from './loss-ops.ts';
import { wasmLstm } from './lstm-op.ts';
import { wasmMlp } from './mlp-op.ts';
import { startModule, type KernelModule, type LoadModule, type Precision, type WasmBackend } from './module.ts';
import { REPLACED, stopUsing, useOps } from './ops.ts';

export interface WasmKernelOptions {
  /**
   * `strict`: the same bits on every CPU. `relaxed`: multiplies and adds may be fused, about a quarter faster, and bits
   * depend on the CPU. Default strict.
   */
  readonly precision?: Precision;
  /** Instead of the modules that were built with the program. */
  readonly load?: LoadModule;
}

export interface InstalledKernels {
  /** What is in use, as a sentence for the device report. */
  readonly report: string;
  readonly threads: number;
  /** Ends the threads. */
  dispose(): void;
}

/**
 * tfjs' current backend has to be wasm. More threads than one need it to be on shared memory.
 * @param tell takes a sentence for the user when updates turn out not to be recordable
 */
export async function installWasmKernels(
  { precision = 'strict', load }: WasmKernelOptions,
  threads: number,
  tell: (notice: string) => void
): Promise<InstalledKernels> {
  const backend = tf.backend() as unknown as WasmBackend;
  const notices: string[] = [];
  const attempts: { precision: Precision; threads: number; notice: string }[] = [
    { precision, threads, notice: '' },
    ...(precision === 'relaxed'
      ? [{ precision: 'strict' as const, threads, notice: 'relaxed SIMD did not start' }]
      : []),
    ...(threads > 1 ? [{ precision, threads: 1, notice: 'threads did not start' }] : [])
  ];
  let module: KernelModule | undefined;
  let used = precision;
  let why = '';
  for (const attempt of attempts) {
    try {
      module = await startModule(backend, { ...attempt, load });
      used = attempt.precision;
      if (attempt.notice !== '') notices.push(`${attempt.notice} (${why})`);
      break;
    } catch (error) {
      why = reasonOf(error);
    }
  }
  if (module === undefined) {
    return { report: `stock tfjs: our kernels did not start (${why})`, threads: 1, dispose: () => undefined };
  }
  const started = module;

  const inUse: string[] = [];
  for (const { name, check, refuse } of candidates(started)) {
    const verdict = await tryCheck(check);
    if (verdict === undefined) inUse.push(name);
    else {
      refuse();
      notices.push(`stock tfjs for ${name}: ${verdict}`);
    }
  }
  setCapture('wasm', captureOnCpu(started, tell));
  const own = inUse.length === 0 ? [] : [`own SIMD kernels (${used}): ${inUse.join(', ')}`];
  return {
    report: [...own, ...notices].join('; '),
    threads: started.threads,
    dispose: () => started.dispose()
  };
}

interface Candidate {
  readonly name: string;
  readonly check: () => number | Promise<number>;
  readonly refuse: () => void;
}

/** Products and sums first: the gradients of the LSTM's reference use them. */
function candidates(module: KernelModule): readonly Candidate[] {
  useOps(module, REPLACED);
  const lstm = wasmLstm(module);
  const mlp = wasmMlp(module);
  const { quantileHuber, squashedSample, maskedMean, clipped, smallest } = wasmLosses(module);
  const inPlace = wasmInPlace(module);
  return [
    { name: 'matrix product', check: checkMatMul, refuse: () => stopUsing(module, 'BatchMatMul') },
    { name: 'sums', check: checkSum, refuse: () => stopUsing(module, 'Sum') },
    { name: 'concatenation', check: checkConcat, refuse: () => stopUsing(module, 'Concat') },
    { name: 'slices', check: checkSlice, refuse: () => stopUsing(module, 'Slice') },
    { name: 'stacking', check: checkPack, refuse: () => stopUsing(module, 'Pack') },
    { name: 'splitting', check: checkSplit, refuse: () => stopUsing(module, 'SplitV') },
    { name: 'casts', check: checkCast, refuse: () => stopUsing(module, 'Cast') },
    {
      name: 'constants',
      check: checkFill,
      refuse: () => {
        for (const op of ['Fill', 'ZerosLike', 'OnesLike'] as const) stopUsing(module, op);
      }
    },
    { name: 'clones', check: checkClone, refuse: () => stopUsing(module, 'Identity') },
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
        if (error <= TOLERANCE) setJoiningMlp('wasm', mlp);
        return error;
      },
      refuse: () => setJoiningMlp('wasm', undefined)
    },
    ofLoss('quantile Huber loss', { quantileHuber }, checkQuantileHuber),
    ofLoss('squashed Gaussian', { squashedSample }, checkSquashed),
    ofLoss('masked mean', { maskedMean }, checkMaskedMean),
    ofLoss('clipping', { clipped }, checkClipped),
    ofLoss('smallest of rows', { smallest }, checkSmallest),
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

/** A part of a loss, in use once it was found right. */
function ofLoss<Own extends Partial<FusedLosses>>(
  name: string,
  own: Own,
  check: (own: Own) => Promise<number>
): Candidate {
  return {
    name,
    check: async () => {
      const error = await check(own);
      if (error <= TOLERANCE) setFusedLosses('wasm', { ...fusedLosses(), ...own });
      return error;
    },
    refuse: () => undefined
  };
}

/** Undefined when the kernel agrees, else why it is not used. */
async function tryCheck(check: Candidate['check']): Promise<string | undefined> {
  try {
    const error = await check();
    return error <= TOLERANCE ? undefined : `ours differs by ${error.toExponential(1)} of the largest value`;
  } catch (error) {
    return `ours failed (${reasonOf(error)})`;
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
