// A function of each feature of a row by itself, or of each two of two rows.
//
//   output[row, i] = activate(operate(a[row, i], b[row, i]) + bias[i])
//
// b's rows are B_STRIDE apart, or all the same where that is 0. activate comes from lib/activations.wgsl.
// Dispatch [ceil(SIZE / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/layers/map.ts

override WORKGROUP_SIZE: u32;
override SIZE: u32;
override OPERATION: u32; // its number in OPERATIONS of src/layers/map.ts
override A_STRIDE: u32;
override A_FIRST: u32; // column at which a begins
override B_STRIDE: u32;
override B_FIRST: u32;
override FUNCTION: u32;
override ALPHA: f32;
override BETA: f32;

@group(0) @binding(1) var<storage, read> a: array<f32>;            // [rows, A_STRIDE]
@group(0) @binding(2) var<storage, read> b: array<f32>;            // [rows, B_STRIDE]
@group(0) @binding(3) var<storage, read> bias: array<f32>;         // [N]
@group(0) @binding(4) var<storage, read_write> output: array<f32>; // [rows, N], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn map(@builtin(global_invocation_id) global_id: vec3u) {
  let i = global_id.x;
  if (i >= SIZE) {
    return;
  }
  let row = params.first_row + global_id.y;
  let y = operate(a[row * A_STRIDE + A_FIRST + i], b[row * B_STRIDE + B_FIRST + i]);
  output[row * padded(SIZE) + i] = activate(FUNCTION, ALPHA, BETA, y + bias[i]);
}

// Comparisons keep a NaN of either side, where min and max would hide it.
fn operate(x: f32, y: f32) -> f32 {
  switch OPERATION {
    case 1: { // add
      return x + y;
    }
    case 2: { // subtract
      return x - y;
    }
    case 3: { // multiply
      return x * y;
    }
    case 4: { // divide
      return x / y;
    }
    case 5: { // power
      return power(x, y);
    }
    case 6: { // minimum
      return select(y, x, x < y || is_nan(x));
    }
    case 7: { // maximum
      return select(y, x, x > y || is_nan(x));
    }
    case 8: { // prelu
      return select(x, y * x, x < 0.0);
    }
    default: { // identity
      return x;
    }
  }
}

// x^y. A small whole exponent multiplies, which is exact in the last digits; others go by the logarithm.
fn power(x: f32, y: f32) -> f32 {
  let is_whole = y == floor(y);
  if (is_whole && abs(y) <= 16) {
    var product = 1.0;
    for (var k = 0; k < i32(abs(y)); k++) {
      product *= x;
    }
    return select(product, 1.0 / product, y < 0.0);
  }
  if (abs(y) == 0.5) {
    return select(sqrt(x), 1.0 / sqrt(x), y < 0.0);
  }
  let is_odd = abs(y) % 2.0 == 1.0;
  let magnitude = exp2(y * log2(abs(x)));
  let is_mirrored = x < 0.0 && is_whole && is_odd;
  // NaN, by a root of a negative number, unless y is whole: the logarithm of some drivers knows no sign.
  return select(select(sqrt(x), magnitude, is_whole || x >= 0.0), -magnitude, is_mirrored);
}
