// Standard normals of one draw into several tensors, and the draw's number moved on. One workgroup, so that no thread
// reads the number after it was moved; an update's noise is some thousand numbers. Between the marks stands what is
// repeated for each tensor: element START_n of the draw is the first of tensor n. After philox.wgsl.

@group(0) @binding(0) var<storage, read_write> draw: array<u32>; // [2]: lower and upper bits
// repeat
@group(0) @binding(1u + INDEX_0) var<storage, read_write> noise_0: array<f32>;
// end
@group(0) @binding(1u + TENSORS) var<uniform> key: vec2u;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) thread: u32) {
  let number = vec2u(draw[0], draw[1]);
  for (var block = thread; 4u * block < TOTAL; block += 256u) {
    let words = philox(vec4u(block, 0u, number), key);
    let values = vec4f(normalPair(words.xy), normalPair(words.zw));
    for (var k = 0u; k < 4u; k++) {
      let i = 4u * block + k;
      // repeat
      if (i >= START_0 && i < START_0 + SIZE_0) {
        noise_0[i - START_0] = values[k];
      }
      // end
    }
  }
  workgroupBarrier();
  storageBarrier();
  if (thread == 0u) {
    draw[0] = number.x + 1u;
    draw[1] = number.y + select(0u, 1u, number.x == 0xffffffffu);
  }
}
