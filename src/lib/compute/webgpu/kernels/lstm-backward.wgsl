// Gradients of an LSTM's gates before their activation, and of its first state, in one dispatch: see lstm-forward.wgsl
// for how the work is shared. Backpropagation through time: Hochreiter & Schmidhuber 1997, with the forget gate of Gers
// et al. 2000.

@group(0) @binding(0) var<storage, read> transposed: array<f32>;   // [4 UNITS, UNITS], the state's weights
@group(0) @binding(1) var<storage, read> c0: array<f32>;           // [BATCH, UNITS]
@group(0) @binding(2) var<storage, read> resets: array<f32>;       // [STEPS, BATCH]
@group(0) @binding(3) var<storage, read> saved: array<f32>;        // [STEPS, BATCH, 5 UNITS]: gates i f g o, then c
@group(0) @binding(4) var<storage, read> dHidden: array<f32>;      // [STEPS, BATCH, UNITS]
@group(0) @binding(5) var<storage, read> dhLast: array<f32>;       // [BATCH, UNITS], beside the last of dHidden
@group(0) @binding(6) var<storage, read> dcLast: array<f32>;       // [BATCH, UNITS]
@group(0) @binding(7) var<storage, read_write> dGates: array<f32>; // [STEPS, BATCH, 4 UNITS]
@group(0) @binding(8) var<storage, read_write> dh0: array<f32>;    // [BATCH, UNITS]
@group(0) @binding(9) var<storage, read_write> dc0: array<f32>;    // [BATCH, UNITS]

const GATES = 4u * UNITS;
const ALL_ROWS = GROUPS * ROWS;

var<workgroup> dz: array<f32, ALL_ROWS * GATES>;
var<workgroup> dh: array<f32, ALL_ROWS * UNITS>;
var<workgroup> dc: array<f32, ALL_ROWS * UNITS>;

fn safeTanh(z: f32) -> f32 {
  let e = exp(-2.0 * abs(z));
  return sign(z) * (1.0 - e) / (1.0 + e);
}

fn keepAt(t: u32, b: u32) -> f32 {
  if (WITH_RESETS == 0u) {
    return 1.0;
  }
  return 1.0 - resets[t * BATCH + b];
}

@compute @workgroup_size(LANES * GROUPS)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let firstRow = workgroup.x * ALL_ROWS;
  let lane = thread % LANES;
  let ownRow = (thread / LANES) * ROWS;
  let threads = LANES * GROUPS;

  for (var i = thread; i < ALL_ROWS * UNITS; i += threads) {
    let b = firstRow + i / UNITS;
    dh[i] = 0.0;
    dc[i] = 0.0;
    if (b < BATCH) {
      dh[i] = dhLast[b * UNITS + i % UNITS];
      dc[i] = dcLast[b * UNITS + i % UNITS];
    }
  }
  workgroupBarrier();

  for (var left = STEPS; left > 0u; left--) {
    let t = left - 1u;
    for (var p = thread; p < ALL_ROWS * UNITS; p += threads) {
      let row = p / UNITS;
      let j = p % UNITS;
      let b = firstRow + row;
      if (b < BATCH) {
        let at = (t * BATCH + b) * 5u * UNITS + j;
        let i = saved[at];
        let f = saved[at + UNITS];
        let g = saved[at + 2u * UNITS];
        let o = saved[at + 3u * UNITS];
        let tanhC = safeTanh(saved[at + 4u * UNITS]);
        let keep = keepAt(t, b);
        var before = c0[b * UNITS + j];
        if (t > 0u) {
          before = saved[((t - 1u) * BATCH + b) * 5u * UNITS + 4u * UNITS + j];
        }
        let dState = dHidden[(t * BATCH + b) * UNITS + j] + dh[p];
        let dCell = dc[p] + dState * o * (1.0 - tanhC * tanhC);
        let own = row * GATES + j;
        dz[own] = dCell * g * i * (1.0 - i);
        dz[own + UNITS] = dCell * before * keep * f * (1.0 - f);
        dz[own + 2u * UNITS] = dCell * i * (1.0 - g * g);
        dz[own + 3u * UNITS] = dState * tanhC * o * (1.0 - o);
        dc[p] = dCell * f * keep;
        let to = (t * BATCH + b) * GATES + j;
        dGates[to] = dz[own];
        dGates[to + UNITS] = dz[own + UNITS];
        dGates[to + 2u * UNITS] = dz[own + 2u * UNITS];
        dGates[to + 3u * UNITS] = dz[own + 3u * UNITS];
      }
    }
    workgroupBarrier();

    for (var j = lane; j < UNITS; j += LANES) {
      var sum: array<f32, ROWS>;
      // The language says so already; one driver keeps what the loop before has left.
      for (var r = 0u; r < ROWS; r++) {
        sum[r] = 0.0;
      }
      for (var n = 0u; n < GATES; n++) {
        let w = transposed[n * UNITS + j];
        for (var r = 0u; r < ROWS; r++) {
          sum[r] += dz[(ownRow + r) * GATES + n] * w;
        }
      }
      for (var r = 0u; r < ROWS; r++) {
        let b = firstRow + ownRow + r;
        if (b < BATCH) {
          dh[(ownRow + r) * UNITS + j] = sum[r] * keepAt(t, b);
        }
      }
    }
    workgroupBarrier();
  }

  for (var i = thread; i < ALL_ROWS * UNITS; i += threads) {
    let b = firstRow + i / UNITS;
    if (b < BATCH) {
      dh0[b * UNITS + i % UNITS] = dh[i];
      dc0[b * UNITS + i % UNITS] = dc[i];
    }
  }
}
