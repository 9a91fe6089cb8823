/** What the module exports. It owns no memory: every address is in tfjs-wasm's own, scratch space too. */
export { activationGradient, denseForward, denseForwardScratch } from './dense';
export { matMul, matMulScratch } from './gemm';
export { copyRows } from './layout';
export {
  lstmBackward,
  lstmBackwardScratch,
  lstmForward,
  lstmForwardScratch,
  lstmInputGradient,
  lstmInputGradientScratch,
  lstmKernelGradient,
  lstmKernelGradientScratch
} from './lstm';
export { adam, polyak, sumOfSquares, sumOverRows } from './optimiser';
export { rmsProp } from './rms-prop';
