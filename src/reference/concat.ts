/** The parts, one after the other. Twin of shaders/concat.wgsl. @param parts each [S] @returns [sum of S] */
export function concat(parts: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    joined.set(part, start);
    start += part.length;
  }
  return joined;
}
