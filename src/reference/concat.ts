/** The parts, one after the other. Twin of shaders/concat.wgsl. @param parts each [S] @returns [sum of S] */
export function concat(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}
