// One step of Adam (Kingma & Ba 2015, algorithm 1) on several tensors in place, with the gradients scaled down to a
// global norm (Pascanu et al. 2013, algorithm 1). Between the marks stands what is repeated for each tensor, by its
// number; element START_n of the launch is the first of tensor n. PARTS is 0 where there is no limit on the norm.

@group(0) @binding(0) var<storage, read> numbers: array<f32>; // [3] step size, scale of the second moment's root, decay
@group(0) @binding(1) var<storage, read> squares: array<f32>; // [PARTS] parts of the sum of the gradients' squares

var<workgroup> sharedScale: f32;

// repeat
@group(0) @binding(4u * INDEX_0 + 2u) var<storage, read> gradient_0: array<f32>;
@group(0) @binding(4u * INDEX_0 + 3u) var<storage, read_write> parameter_0: array<f32>;
@group(0) @binding(4u * INDEX_0 + 4u) var<storage, read_write> m_0: array<f32>;
@group(0) @binding(4u * INDEX_0 + 5u) var<storage, read_write> v_0: array<f32>;

fn step_0(i: u32, scale: f32) {
  let g = gradient_0[i] * scale;
  let m = m_0[i] * BETA1 + g * ONE_LESS_BETA1;
  let v = v_0[i] * BETA2 + g * g * ONE_LESS_BETA2;
  m_0[i] = m;
  v_0[i] = v;
  parameter_0[i] = parameter_0[i] * numbers[2] - m * numbers[0] / (sqrt(v) * numbers[1] + EPSILON);
}
// end

@compute @workgroup_size(256)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u
) {
  if (thread == 0u) {
    sharedScale = 1.0;
    if (PARTS > 0u) {
      var sum = 0.0;
      for (var part = 0u; part < PARTS; part++) {
        sum += squares[part];
      }
      sharedScale = min(1.0, LIMIT / (sqrt(sum) + 1e-6));
    }
  }
  workgroupBarrier();
  let scale = sharedScale;
  let i = (workgroup.y * workgroups.x + workgroup.x) * 256u + thread;
  // repeat
  if (i >= START_0 && i < START_0 + SIZE_0) {
    step_0(i - START_0, scale);
  }
  // end
}
