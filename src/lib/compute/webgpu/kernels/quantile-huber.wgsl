// Quantile Huber loss (Dabney et al. 2018a, arXiv 1710.10044, eqs. 9 and 10) with κ = 1: each quantile's part of the mean,
// and minus its slope in the quantile. A thread takes a quantile of a row and goes through the row's atoms.

struct Shape {
  rows: u32,
  quantiles: u32,
  atoms: u32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;      // [ROWS, QUANTILES]
@group(0) @binding(1) var<storage, read> atoms: array<f32>;       // [ROWS, ATOMS]
@group(0) @binding(2) var<storage, read> mask: array<f32>;        // [ROWS]
@group(0) @binding(3) var<storage, read_write> parts: array<f32>; // [ROWS, QUANTILES], which sum to the loss
@group(0) @binding(4) var<storage, read_write> slope: array<f32>; // [ROWS, QUANTILES]
@group(0) @binding(5) var<uniform> shape: Shape;

var<workgroup> counts: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3u) {
  // How many rows count: every workgroup finds it for itself, which is cheaper than a launch.
  var count = 0.0;
  for (var row = thread; row < shape.rows; row += 256u) {
    count += mask[row];
  }
  counts[thread] = count;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half /= 2u) {
    if (thread < half) {
      counts[thread] += counts[thread + half];
    }
    workgroupBarrier();
  }

  let i = workgroup.x * 256u + thread;
  if (i >= shape.rows * shape.quantiles) {
    return;
  }
  let row = i / shape.quantiles;
  let tau = (f32(i % shape.quantiles) + 0.5) / f32(shape.quantiles);
  let value = values[i];
  var loss = 0.0;
  var gradient = 0.0;
  for (var j = 0u; j < shape.atoms; j++) {
    let delta = atoms[row * shape.atoms + j] - value;
    let clipped = clamp(delta, -1.0, 1.0);
    let weight = select(tau, 1.0 - tau, delta < 0.0);
    loss += weight * clipped * (delta - 0.5 * clipped);
    gradient -= weight * clipped;
  }
  let scale = mask[row] / (f32(shape.quantiles) * f32(shape.atoms) * max(counts[0], 1.0));
  parts[i] = loss * scale;
  slope[i] = gradient * scale;
}
