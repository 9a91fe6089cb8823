// Philox4x32-10 (Salmon et al. 2011, SC11) and normals from its words: functions for kernels that draw. The words are
// those of philox.ts to the bit. WGSL promises little of its log, sin and cos (an error of 2^-11 in the last two), so
// that normals are made by series here, alike on every device.

// Upper 32 bits of a product of 64, by halves of 16.
fn highProduct(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let other = a0 * b1 + (middle & 0xffffu);
  return a1 * b1 + (middle >> 16u) + (other >> 16u);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let high0 = highProduct(0xD2511F53u, c.x);
    let high1 = highProduct(0xCD9E8D57u, c.z);
    c = vec4u(high1 ^ c.y ^ k.x, 0xCD9E8D57u * c.z, high0 ^ c.w ^ k.y, 0xD2511F53u * c.x);
    k += vec2u(0x9E3779B9u, 0xBB67AE85u);
  }
  return c;
}

// ln(n / 2^24) of a whole n from 1 to 2^24: n = m 2^e with m in [√½, √2), and ln m = 2 artanh((m - 1) / (m + 1)).
fn logShare(n: u32) -> f32 {
  let bits = bitcast<u32>(f32(n));
  var e = f32(bits >> 23u) - 151.0;
  var m = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  if (m > 1.4142135) {
    m *= 0.5;
    e += 1.0;
  }
  let s = (m - 1.0) / (m + 1.0);
  let q = s * s;
  let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0))));
  return e * 0.6931471805599453 + 2.0 * s * series;
}

// Cosine and sine of n / 2^24 of a turn: whole quarters are taken off in integers, which leaves at most an eighth.
fn onCircle(n: u32) -> vec2f {
  let quarters = (n + 0x200000u) >> 22u;
  let t = f32(i32(n) - i32(quarters << 22u)) * (1.5707963267948966 / 4194304.0);
  let q = t * t;
  let c = 1.0 + q * (-1.0 / 2.0 + q * (1.0 / 24.0 + q * (-1.0 / 720.0 + q * (1.0 / 40320.0))));
  let s = t * (1.0 + q * (-1.0 / 6.0 + q * (1.0 / 120.0 + q * (-1.0 / 5040.0 + q * (1.0 / 362880.0)))));
  let turned = select(vec2f(c, s), vec2f(-s, c), (quarters & 1u) != 0u);
  return select(turned, -turned, (quarters & 2u) != 0u);
}

// Two standard normals of two words (Box and Muller 1958).
fn normalPair(words: vec2u) -> vec2f {
  return sqrt(-2.0 * logShare((words.x >> 8u) + 1u)) * onCircle(words.y >> 8u);
}
