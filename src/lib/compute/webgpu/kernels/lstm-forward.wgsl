// Every hidden state of an LSTM over a sequence, in one dispatch: rows of a batch do not depend on each other, so a
// workgroup takes GROUPS * ROWS of them through all steps, with h and c in its own memory.
//
// STEPS, BATCH, INPUTS, UNITS; LANES threads share the units of a row, GROUPS of them run beside each other, each with
// ROWS rows, so that a weight read once serves ROWS rows; WITH_RESETS is 0 where no state is cleared in mid-sequence.

@group(0) @binding(0) var<storage, read> x: array<f32>;          // [STEPS, BATCH, INPUTS]
@group(0) @binding(1) var<storage, read> weights: array<f32>;    // [INPUTS + UNITS, 4 UNITS]
@group(0) @binding(2) var<storage, read> bias: array<f32>;       // [4 UNITS]
@group(0) @binding(3) var<storage, read> h0: array<f32>;         // [BATCH, UNITS]
@group(0) @binding(4) var<storage, read> c0: array<f32>;         // [BATCH, UNITS]
@group(0) @binding(5) var<storage, read> resets: array<f32>;     // [STEPS, BATCH]
@group(0) @binding(6) var<storage, read_write> hidden: array<f32>; // [STEPS, BATCH, UNITS]
@group(0) @binding(7) var<storage, read_write> hLast: array<f32>;  // [BATCH, UNITS]
@group(0) @binding(8) var<storage, read_write> cLast: array<f32>;  // [BATCH, UNITS]
@group(0) @binding(9) var<storage, read_write> saved: array<f32>;  // [STEPS, BATCH, 5 UNITS]: gates i f g o, then c

const WIDTH = INPUTS + UNITS;
const ALL_ROWS = GROUPS * ROWS;

var<workgroup> inputRow: array<f32, ALL_ROWS * WIDTH>;  // x_t, then h_(t-1)
var<workgroup> h: array<f32, ALL_ROWS * UNITS>;
var<workgroup> c: array<f32, ALL_ROWS * UNITS>;

fn sigmoid(z: f32) -> f32 {
  return 1.0 / (1.0 + exp(-z));
}

// The built-in overflows on some drivers.
fn safeTanh(z: f32) -> f32 {
  let e = exp(-2.0 * abs(z));
  return sign(z) * (1.0 - e) / (1.0 + e);
}

@compute @workgroup_size(LANES * GROUPS)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let firstRow = workgroup.x * ALL_ROWS;
  let lane = thread % LANES;
  let ownRow = (thread / LANES) * ROWS;
  let threads = LANES * GROUPS;

  for (var i = thread; i < ALL_ROWS * UNITS; i += threads) {
    let b = firstRow + i / UNITS;
    if (b < BATCH) {
      h[i] = h0[b * UNITS + i % UNITS];
      c[i] = c0[b * UNITS + i % UNITS];
    }
  }
  workgroupBarrier();

  for (var t = 0u; t < STEPS; t++) {
    for (var i = thread; i < ALL_ROWS * INPUTS; i += threads) {
      let b = firstRow + i / INPUTS;
      if (b < BATCH) {
        inputRow[(i / INPUTS) * WIDTH + i % INPUTS] = x[(t * BATCH + b) * INPUTS + i % INPUTS];
      }
    }
    for (var i = thread; i < ALL_ROWS * UNITS; i += threads) {
      let b = firstRow + i / UNITS;
      var keep = 1.0;
      if (WITH_RESETS == 1u && b < BATCH) {
        keep = 1.0 - resets[t * BATCH + b];
      }
      inputRow[(i / UNITS) * WIDTH + INPUTS + i % UNITS] = keep * h[i];
      c[i] *= keep;
    }
    workgroupBarrier();

    for (var j = lane; j < UNITS; j += LANES) {
      var z: array<vec4f, ROWS>;
      for (var r = 0u; r < ROWS; r++) {
        z[r] = vec4f(bias[j], bias[UNITS + j], bias[2u * UNITS + j], bias[3u * UNITS + j]);
      }
      for (var k = 0u; k < WIDTH; k++) {
        let at = k * 4u * UNITS + j;
        let w = vec4f(weights[at], weights[at + UNITS], weights[at + 2u * UNITS], weights[at + 3u * UNITS]);
        for (var r = 0u; r < ROWS; r++) {
          z[r] += inputRow[(ownRow + r) * WIDTH + k] * w;
        }
      }
      for (var r = 0u; r < ROWS; r++) {
        let b = firstRow + ownRow + r;
        if (b < BATCH) {
          let i = sigmoid(z[r].x);
          let f = sigmoid(z[r].y);
          let g = safeTanh(z[r].z);
          let o = sigmoid(z[r].w);
          let own = (ownRow + r) * UNITS + j;
          let cell = f * c[own] + i * g;
          let state = o * safeTanh(cell);
          c[own] = cell;
          h[own] = state;
          hidden[(t * BATCH + b) * UNITS + j] = state;
          let at = (t * BATCH + b) * 5u * UNITS + j;
          saved[at] = i;
          saved[at + UNITS] = f;
          saved[at + 2u * UNITS] = g;
          saved[at + 3u * UNITS] = o;
          saved[at + 4u * UNITS] = cell;
          if (t == STEPS - 1u) {
            hLast[b * UNITS + j] = state;
            cLast[b * UNITS + j] = cell;
          }
        }
      }
    }
    workgroupBarrier();
  }
}
