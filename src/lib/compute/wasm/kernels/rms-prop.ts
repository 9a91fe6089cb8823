/** RMSProp over whole parameters, in place. AssemblyScript; equations in ../../rms-prop.ts. */
import { add, bytes, loadOne, mul, multiplyAdd, splat, storeOne, sub } from './simd';

// @ts-ignore: decorator
@inline function nextSquare(square: v128, g: v128, decay: f32, rest: f32): v128 {
  return multiplyAdd(splat(decay), square, mul(splat(rest), mul(g, g)));
}

// @ts-ignore: decorator
@inline function nextParameter(p: v128, g: v128, square: v128, learningRate: f32, epsilon: f32): v128 {
  return sub(p, f32x4.div(mul(g, splat(learningRate)), f32x4.sqrt(add(square, splat(epsilon)))));
}

/** One step over `count` parameters. `rest` is 1 - decay rounded from doubles. */
export function rmsProp(
  count: i32,
  parameter: usize,
  square: usize,
  gradient: usize,
  gradientScale: f32,
  decay: f32,
  rest: f32,
  learningRate: f32,
  epsilon: f32
): void {
  const scale = splat(gradientScale);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = bytes(i);
    const g = mul(v128.load(gradient + at), scale);
    const next = nextSquare(v128.load(square + at), g, decay, rest);
    v128.store(square + at, next);
    v128.store(parameter + at, nextParameter(v128.load(parameter + at), g, next, learningRate, epsilon));
  }
  for (; i < count; i++) {
    const at = bytes(i);
    const g = mul(loadOne(gradient + at), scale);
    const next = nextSquare(loadOne(square + at), g, decay, rest);
    storeOne(square + at, next);
    storeOne(parameter + at, nextParameter(loadOne(parameter + at), g, next, learningRate, epsilon));
  }
}
