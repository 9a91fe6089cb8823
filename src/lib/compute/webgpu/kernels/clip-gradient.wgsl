// Gradient of a number held between LOW and HIGH: none where it was outside.

struct Shape {
  count: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;        // [COUNT]
@group(0) @binding(1) var<storage, read> dy: array<f32>;       // [COUNT]
@group(0) @binding(2) var<storage, read_write> dx: array<f32>; // [COUNT]
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i < shape.count) {
    dx[i] = select(0.0, dy[i], x[i] >= LOW && x[i] <= HIGH);
  }
}
