// Mean of what a mask lets through, and what each number counts in it. One workgroup: the rows of a batch are few.

struct Shape {
  count: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;             // [COUNT]
@group(0) @binding(1) var<storage, read> mask: array<f32>;          // [COUNT]
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;    // [1]
@group(0) @binding(3) var<storage, read_write> weights: array<f32>; // [COUNT]
@group(0) @binding(4) var<uniform> shape: Shape;

var<workgroup> sums: array<vec2f, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) thread: u32) {
  var sum = vec2f(0.0, 0.0);
  for (var i = thread; i < shape.count; i += 256u) {
    sum += vec2f(x[i] * mask[i], mask[i]);
  }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half /= 2u) {
    if (thread < half) {
      sums[thread] += sums[thread + half];
    }
    workgroupBarrier();
  }
  let count = max(sums[0].y, 1.0);
  if (thread == 0u) {
    mean[0] = sums[0].x / count;
  }
  for (var i = thread; i < shape.count; i += 256u) {
    weights[i] = mask[i] / count;
  }
}
