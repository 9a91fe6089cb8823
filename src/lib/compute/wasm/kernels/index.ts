/**
 * What the module exports. It owns no memory: every address is in tfjs-wasm's own, scratch space too. Functions whose first
 * parameters are (shard, shards, scratch) do one of `shards` parts of their work, on whichever thread; the parts together
 * have the bits of the whole done at once, however many they are.
 */
export {
  activationGradient,
  denseForward,
  denseForwardScratch,
  weightsGradient,
  weightsGradientScratch
} from './dense';
export { matMul, matMulScratch, packShard } from './gemm';
export { copyRows, fillWith, floatsOfBytes } from './layout';
export { lstmBackward, lstmForward, lstmScratch } from './lstm';
export { adamAll, polyakAll, sumOfSquares, sumOverRows } from './optimiser';
export { quantileHuber } from './quantile-huber';
export { clip, clipGradient, maskedMean, smallest, smallestScratch } from './reductions';
export { rmsProp } from './rms-prop';
export { squashedBackward, squashedForward, squashedScratch } from './squashed-gaussian';
