// Files with numbers changed at random.

/** Values that a number of 1, 2, 4 or 8 bytes is changed to. */
const NUMBERS = [0n, 1n, 0x7fn, 0xffn, 0xffffn, 0xffffffffn, 2n ** 53n, 2n ** 64n - 1n];

/** Offsets in a file where something is: most of an HDF5 file is room for more. */
export function usedOffsets(bytes: Uint8Array): number[] {
  return [...bytes.keys()].filter((at) => bytes.subarray(at, at + 8).some((byte) => byte !== 0));
}

/**
 * A copy with one to three numbers changed, and one in ten cut short.
 *
 * @param offsets where to change it @param next random numbers in [0, 1)
 */
export function damagedFile(bytes: Uint8Array, offsets: readonly number[], next: () => number): Uint8Array {
  const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)]!;
  const changed = bytes.slice();
  const numNumbers = pick([1, 1, 2, 3]);
  for (let i = 0; i < numNumbers; i++) {
    const [at, size] = [pick(offsets), pick([1, 1, 2, 4, 8])];
    const number = pick([...NUMBERS, BigInt(pick(offsets)), BigInt(bytes[at]! ^ 1)]);
    for (let byte = 0; byte < size && at + byte < changed.length; byte++) {
      changed[at + byte] = Number((number >> BigInt(8 * byte)) & 0xffn);
    }
  }
  return next() > 0.9 ? changed.subarray(0, pick(offsets)) : changed;
}
