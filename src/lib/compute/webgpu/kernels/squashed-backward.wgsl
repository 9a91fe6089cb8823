// Gradients of squashed-forward.wgsl in mean and logStd: with s = 1 - a², da/du = s and d(-log(s + ε))/du = 2 a s / (s + ε).

struct Shape {
  rows: u32,
  actions: u32,
}

@group(0) @binding(0) var<storage, read> mean: array<f32>;          // [ROWS, ACTIONS]
@group(0) @binding(1) var<storage, read> logStd: array<f32>;        // [ROWS, ACTIONS]
@group(0) @binding(2) var<storage, read> noise: array<f32>;         // [ROWS, ACTIONS]
@group(0) @binding(3) var<storage, read> dAction: array<f32>;       // [ROWS, ACTIONS]
@group(0) @binding(4) var<storage, read> dLogProb: array<f32>;      // [ROWS]
@group(0) @binding(5) var<storage, read_write> dMean: array<f32>;   // [ROWS, ACTIONS]
@group(0) @binding(6) var<storage, read_write> dLogStd: array<f32>; // [ROWS, ACTIONS]
@group(0) @binding(7) var<uniform> shape: Shape;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= shape.rows * shape.actions) {
    return;
  }
  let spread = exp(logStd[i]) * noise[i];
  let u = mean[i] + spread;
  let e = exp(-2.0 * abs(u));
  let slope = 4.0 * e / ((1.0 + e) * (1.0 + e));
  let a = sign(u) * (1.0 - e) / (1.0 + e);
  let dDensity = dLogProb[i / shape.actions];
  let dU = dAction[i] * slope + dDensity * 2.0 * a * slope / (slope + SQUASH_EPSILON);
  dMean[i] = dU;
  dLogStd[i] = dU * spread - dDensity;
}
