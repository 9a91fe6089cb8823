// Parts of the sum of squares of several tensors: a workgroup's threads stride over each of them. Between the marks stands
// what is repeated for each tensor, by its number. The parts go to FIRST, FIRST + 1, ... of the result.

@group(0) @binding(0) var<storage, read_write> squares: array<f32>;

var<workgroup> sums: array<f32, 256>;

// repeat
@group(0) @binding(INDEX_0 + 1u) var<storage, read> values_0: array<f32>;
// end

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let start = workgroup.x * 256u + thread;
  let stride = PARTS * 256u;
  var sum = 0.0;
  // repeat
  for (var i = start; i < SIZE_0; i += stride) {
    sum += values_0[i] * values_0[i];
  }
  // end
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half /= 2u) {
    if (thread < half) {
      sums[thread] += sums[thread + half];
    }
    workgroupBarrier();
  }
  if (thread == 0u) {
    squares[FIRST + workgroup.x] = sums[0];
  }
}
