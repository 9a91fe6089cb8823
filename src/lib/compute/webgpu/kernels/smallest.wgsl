// The smallest numbers of each row in ascending order: a thread takes a number, counts those before it, and puts it there.
// Equal numbers keep their order. Rows are short, so counting beats sorting.

struct Shape {
  rows: u32,
  width: u32,
  kept: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;            // [ROWS, WIDTH]
@group(0) @binding(1) var<storage, read_write> smallest: array<f32>; // [ROWS, KEPT]
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= shape.rows * shape.width) {
    return;
  }
  let row = i / shape.width;
  let own = i % shape.width;
  let value = x[i];
  var rank = 0u;
  for (var j = 0u; j < shape.width; j++) {
    let other = x[row * shape.width + j];
    if (other < value || (other == value && j < own)) {
      rank++;
    }
  }
  if (rank < shape.kept) {
    smallest[row * shape.kept + rank] = value;
  }
}
