// Gradients of a fully connected layer in its kernel and bias: dW = xᵀ (dy f'(z)); a row of ones below the inputs gives
// the bias. Tiles as in dense-forward.wgsl. ACTIVATION: 0 none, 1 relu, 2 tanh; f' is found from y = f(z).

struct Shape {
  rows: u32,
  inputs: u32,
  outputs: u32,
  activation: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;              // [ROWS, INPUTS]
@group(0) @binding(1) var<storage, read> dy: array<f32>;             // [ROWS, OUTPUTS]
@group(0) @binding(2) var<storage, read> y: array<f32>;              // [ROWS, OUTPUTS]
@group(0) @binding(3) var<storage, read_write> dWeights: array<f32>; // [INPUTS, OUTPUTS]
@group(0) @binding(4) var<storage, read_write> dBias: array<f32>;    // [OUTPUTS]
@group(0) @binding(5) var<uniform> shape: Shape;

var<workgroup> left: array<f32, 512>;   // [16, 32]
var<workgroup> right: array<f32, 512>;  // [16, 32]

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
  for (var first = 0u; first < shape.rows; first += 16u) {
    for (var i = thread; i < 512u; i += 256u) {
      let row = first + i / 32u;
      let k = firstRow + i % 32u;
      var value = 0.0;
      if (row < shape.rows && k < shape.inputs) {
        value = x[row * shape.inputs + k];
      } else if (row < shape.rows && k == shape.inputs) {
        value = 1.0;
      }
      left[i] = value;
      let column = firstColumn + i % 32u;
      right[i] = 0.0;
      if (row < shape.rows && column < shape.outputs) {
        right[i] = slopeAt(row * shape.outputs + column);
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
    if (column < shape.outputs) {
      if (row < shape.inputs) {
        dWeights[row * shape.outputs + column] = sums[i];
      } else if (row == shape.inputs) {
        dBias[column] = sums[i];
      }
    }
  }
}
