// Target networks follow their sources (Lillicrap et al. 2016, algorithm 1), several tensors in place. Between the marks
// stands what is repeated for each tensor, by its number; element START_n of the launch is the first of tensor n.

// repeat
@group(0) @binding(2u * INDEX_0) var<storage, read> source_0: array<f32>;
@group(0) @binding(2u * INDEX_0 + 1u) var<storage, read_write> target_0: array<f32>;
// end

@compute @workgroup_size(256)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 256u + thread;
  // repeat
  if (i >= START_0 && i < START_0 + SIZE_0) {
    let at = i - START_0;
    target_0[at] = target_0[at] * ONE_LESS_TAU + source_0[at] * TAU;
  }
  // end
}
