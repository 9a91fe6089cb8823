// The rows of an LSTM's kernel that the state goes through, transposed: neighbouring threads of the backward pass then
// read neighbouring numbers.

struct Shape {
  inputs: u32,
  units: u32,
}

@group(0) @binding(0) var<storage, read> weights: array<f32>;          // [INPUTS + UNITS, 4 UNITS]
@group(0) @binding(1) var<storage, read_write> transposed: array<f32>; // [4 UNITS, UNITS]
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i < 4u * shape.units * shape.units) {
    transposed[i] = weights[(shape.inputs + i % shape.units) * 4u * shape.units + i / shape.units];
  }
}
