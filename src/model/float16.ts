/** Widens IEEE half-precision numbers, given as their bits, to float32. Exact. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = float16Value(bits[i]!);
  return values;
}

/** Widens bfloat16 numbers, given as their bits, to float32. Exact: they are its upper half. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (b) => b << 16).buffer);
}

function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24; // zero and subnormals
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounds float32 numbers to half precision, nearest and ties to even, and gives their bits. Beyond 65504: infinity. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, float16Bits);
}

/** Whether half precision holds a number exactly. */
export function isFloat16(value: number): boolean {
  return float16Value(float16Bits(value)) === value;
}

function float16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00; // infinity, from halfway between 65504 and 65536 on
  // 11 significant bits down to 2^-14, steps of 2^-24 below.
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
  const significand = roundToEven(magnitude / 2 ** (exponent - 10));
  const biased = exponent + 14; // the bias is 15: a significand of 1024 or more carries the missing 1
  return sign | ((biased << 10) + significand);
}

function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
