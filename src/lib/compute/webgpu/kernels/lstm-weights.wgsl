// Gradients of an LSTM's kernel and bias: the product of what went into every step, transposed, with the gradients of its
// gates. A row of ones below the inputs gives the bias. Tiles of 32 x 32, of which a thread makes 2 x 2.

struct Shape {
  steps: u32,
  batch: u32,
  inputs: u32,
  units: u32,
  withResets: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;             // [STEPS, BATCH, INPUTS]
@group(0) @binding(1) var<storage, read> h0: array<f32>;            // [BATCH, UNITS]
@group(0) @binding(2) var<storage, read> hidden: array<f32>;        // [STEPS, BATCH, UNITS]
@group(0) @binding(3) var<storage, read> resets: array<f32>;        // [STEPS, BATCH]
@group(0) @binding(4) var<storage, read> dGates: array<f32>;        // [STEPS, BATCH, 4 UNITS]
@group(0) @binding(5) var<storage, read_write> dWeights: array<f32>; // [INPUTS + UNITS, 4 UNITS]
@group(0) @binding(6) var<storage, read_write> dBias: array<f32>;    // [4 UNITS]
@group(0) @binding(7) var<uniform> shape: Shape;

var<workgroup> left: array<f32, 512>;   // [16, 32]
var<workgroup> right: array<f32, 512>;  // [16, 32]

// What went into a step, by row of the sequence and column of [x, h, 1].
fn inputAt(row: u32, k: u32) -> f32 {
  let summed = shape.steps * shape.batch;
  let width = shape.inputs + shape.units;
  if (row >= summed || k > width) {
    return 0.0;
  }
  if (k == width) {
    return 1.0;
  }
  if (k < shape.inputs) {
    return x[row * shape.inputs + k];
  }
  var keep = 1.0;
  if (shape.withResets == 1u) {
    keep = 1.0 - resets[row];
  }
  if (row < shape.batch) {
    return keep * h0[row * shape.units + k - shape.inputs];
  }
  return keep * hidden[(row - shape.batch) * shape.units + k - shape.inputs];
}

@compute @workgroup_size(16, 16)
fn main(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) workgroup: vec3u
) {
  let gates = 4u * shape.units;
  let width = shape.inputs + shape.units;
  let summed = shape.steps * shape.batch;
  let firstRow = workgroup.y * 32u;
  let firstColumn = workgroup.x * 32u;
  var sums: array<f32, 4>;
  for (var first = 0u; first < summed; first += 16u) {
    for (var i = thread; i < 512u; i += 256u) {
      let row = first + i / 32u;
      left[i] = inputAt(row, firstRow + i % 32u);
      let column = firstColumn + i % 32u;
      right[i] = 0.0;
      if (row < summed && column < gates) {
        right[i] = dGates[row * gates + column];
      }
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let a0 = left[k * 32u + local.y];
      let a1 = left[k * 32u + local.y + 16u];
      let b0 = right[k * 32u + local.x];
      let b1 = right[k * 32u + local.x + 16u];
      sums[0] += a0 * b0;
      sums[1] += a0 * b1;
      sums[2] += a1 * b0;
      sums[3] += a1 * b1;
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4u; i++) {
    let row = firstRow + local.y + 16u * (i / 2u);
    let column = firstColumn + local.x + 16u * (i % 2u);
    if (column < gates) {
      if (row < width) {
        dWeights[row * gates + column] = sums[i];
      } else if (row == width) {
        dBias[column] = sums[i];
      }
    }
  }
}
