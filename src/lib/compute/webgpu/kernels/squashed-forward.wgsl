// Action a = tanh(u), u = mean + exp(logStd) noise, and its log-density: Haarnoja et al. 2018b (arXiv 1812.05905), eq. 21.
// A thread takes a row. 1 - tanh²(u) is 4 e / (1 + e)² with e = exp(-2 |u|), which keeps its digits where tanh saturates.

struct Shape {
  rows: u32,
  actions: u32,
}

@group(0) @binding(0) var<storage, read> mean: array<f32>;          // [ROWS, ACTIONS]
@group(0) @binding(1) var<storage, read> logStd: array<f32>;        // [ROWS, ACTIONS]
@group(0) @binding(2) var<storage, read> noise: array<f32>;         // [ROWS, ACTIONS]
@group(0) @binding(3) var<storage, read_write> action: array<f32>;  // [ROWS, ACTIONS]
@group(0) @binding(4) var<storage, read_write> logProb: array<f32>; // [ROWS]
@group(0) @binding(5) var<uniform> shape: Shape;

const HALF_LOG_TWO_PI = 0.9189385332046727;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  if (row >= shape.rows) {
    return;
  }
  var sum = 0.0;
  for (var a = 0u; a < shape.actions; a++) {
    let i = row * shape.actions + a;
    let n = noise[i];
    let s = logStd[i];
    let u = mean[i] + exp(s) * n;
    let e = exp(-2.0 * abs(u));
    let slope = 4.0 * e / ((1.0 + e) * (1.0 + e));
    action[i] = sign(u) * (1.0 - e) / (1.0 + e);
    sum += -0.5 * n * n - (s + HALF_LOG_TWO_PI) - log(slope + SQUASH_EPSILON);
  }
  logProb[row] = sum;
}
