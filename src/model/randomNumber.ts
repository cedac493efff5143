/**
 * A uniform number in [0, 1) for each triple of counters, the same as in shaders/lib/random.wgsl, bit for bit. This is pcg3d
 * of Jarzynski and Olano, "Hash Functions for GPU Rendering", 2020.
 *
 * @param seed, stream, position u32
 */
export function randomNumber(seed: number, stream: number, position: number): number {
  let [x, y, z] = [seed, stream, position].map((v) => (Math.imul(v, 1664525) + 1013904223) | 0) as [
    number,
    number,
    number,
  ];
  const mix = () => {
    x = (x + Math.imul(y, z)) | 0;
    y = (y + Math.imul(z, x)) | 0;
    z = (z + Math.imul(x, y)) | 0;
  };
  mix();
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  mix();
  return (z >>> 8) / 2 ** 24; // 24 bits, which f32 holds
}
