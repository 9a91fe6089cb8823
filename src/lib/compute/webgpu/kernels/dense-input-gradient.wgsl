// Gradient of a fully connected layer in its input: dx = (dy f'(z)) Wᵀ. Tiles as in dense-forward.wgsl.
// ACTIVATION: 0 none, 1 relu, 2 tanh; f' is found from y = f(z).

struct Shape {
  rows: u32,
  inputs: u32,
  outputs: u32,
  activation: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;       // [ROWS, OUTPUTS]
@group(0) @binding(1) var<storage, read> y: array<f32>;        // [ROWS, OUTPUTS]
@group(0) @binding(2) var<storage, read> weights: array<f32>;  // [INPUTS, OUTPUTS]
@group(0) @binding(3) var<storage, read_write> dx: array<f32>; // [ROWS, INPUTS]
@group(0) @binding(4) var<uniform> shape: Shape;

var<workgroup> left: array<f32, 544>;   // [32, 17]
var<workgroup> right: array<f32, 544>;  // [32, 17]

fn slopeAt(at: u32) -> f32 {
  let value = y[at];
  if (shape.activation == 1u) {
    return select(0.0, dy[at], value > 0.0);
  }
  if (shape.activation == 2u) {
    return dy[at] * (1.0 - value * value);
  }
  return dy[at];
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
  for (var first = 0u; first < shape.outputs; first += 16u) {
    for (var i = thread; i < 512u; i += 256u) {
      let n = first + i % 16u;
      let row = firstRow + i / 16u;
      var value = 0.0;
      if (row < shape.rows && n < shape.outputs) {
        value = slopeAt(row * shape.outputs + n);
      }
      left[(i / 16u) * 17u + i % 16u] = value;
      let column = firstColumn + i / 16u;
      value = 0.0;
      if (column < shape.inputs && n < shape.outputs) {
        value = weights[column * shape.outputs + n];
      }
      right[(i / 16u) * 17u + i % 16u] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let a0 = left[local.y * 17u + k];
      let a1 = left[(local.y + 16u) * 17u + k];
      let b0 = right[local.x * 17u + k];
      let b1 = right[(local.x + 16u) * 17u + k];
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
    if (row < shape.rows && column < shape.inputs) {
      dx[row * shape.inputs + column] = sums[i];
    }
  }
}
