// y = f(x W + b) of a fully connected layer. Tiles of 32 x 32, of which a thread makes 2 x 2.
// ACTIVATION: 0 none, 1 relu, 2 tanh.

struct Shape {
  rows: u32,
  inputs: u32,
  outputs: u32,
  activation: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;       // [ROWS, INPUTS]
@group(0) @binding(1) var<storage, read> weights: array<f32>; // [INPUTS, OUTPUTS]
@group(0) @binding(2) var<storage, read> bias: array<f32>;    // [OUTPUTS]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [ROWS, OUTPUTS]
@group(0) @binding(4) var<uniform> shape: Shape;

var<workgroup> left: array<f32, 544>;   // [32, 17]: a column more than used, so that rows start in different banks
var<workgroup> right: array<f32, 512>;  // [16, 32]

fn activated(z: f32) -> f32 {
  if (shape.activation == 1u) {
    return max(z, 0.0);
  }
  if (shape.activation == 2u) {
    let e = exp(-2.0 * abs(z));
    return sign(z) * (1.0 - e) / (1.0 + e);
  }
  return z;
}

@compute @workgroup_size(16, 16)
fn main(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) workgroup: vec3u
) {
  let firstRow = workgroup.y * 32u;
  let firstColumn = workgroup.x * 32u;
  var sums: array<f32, 4>;
  for (var first = 0u; first < shape.inputs; first += 16u) {
    for (var i = thread; i < 512u; i += 256u) {
      let row = firstRow + i / 16u;
      let k = first + i % 16u;
      var value = 0.0;
      if (row < shape.rows && k < shape.inputs) {
        value = x[row * shape.inputs + k];
      }
      left[(i / 16u) * 17u + i % 16u] = value;
    }
    for (var i = thread; i < 512u; i += 256u) {
      let k = first + i / 32u;
      let column = firstColumn + i % 32u;
      right[i] = 0.0;
      if (k < shape.inputs && column < shape.outputs) {
        right[i] = weights[k * shape.outputs + column];
      }
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let a0 = left[local.y * 17u + k];
      let a1 = left[(local.y + 16u) * 17u + k];
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
    if (row < shape.rows && column < shape.outputs) {
      y[row * shape.outputs + column] = activated(sums[i] + bias[column]);
    }
  }
}
