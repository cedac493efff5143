/** Everything needed to compile and dispatch one compute kernel. Plain data: no GPU objects. */
export interface KernelSpec {
  /** Name and shape, shown in GPU debuggers, in `explain()` and in error messages. */
  readonly label: string;
  /** WGSL: the kernel's file, then the shared functions it calls. */
  readonly source: string;
  readonly entryPoint: string;
  /** Values of the WGSL `override` declarations, by their WGSL names. */
  readonly constants: Readonly<Record<string, number>>;
  /** Buffer type of binding 0, 1, 2... of group 0. A `uniform` is the step's, at a dynamic offset. */
  readonly bindings: readonly KernelBinding[];
  /** Workgroups to dispatch for a number of rows: B in the time loop, T·B outside it. */
  workgroups(numRows: number): [x: number, y: number, z: number];
}

export type KernelBinding = "uniform" | "read-only-storage" | "storage";

/** Rows and columns are padded with zeros to a multiple of this, so that a row is a whole number of vec4f. */
export const ROW_ALIGNMENT = 4;

/** Elements that a row of `size` features takes in a buffer. */
export function paddedSize(size: number): number {
  return Math.ceil(size / ROW_ALIGNMENT) * ROW_ALIGNMENT;
}

/**
 * Pads a matrix with zeros to a multiple of four in both axes, as the kernels read it.
 *
 * @param matrix [numRows, numColumns]
 * @returns [paddedSize(numRows), paddedSize(numColumns)]
 */
export function padMatrix(matrix: Float32Array, numRows: number, numColumns: number): Float32Array {
  const stride = paddedSize(numColumns);
  const padded = new Float32Array(paddedSize(numRows) * stride);
  for (let row = 0; row < numRows; row++) {
    padded.set(matrix.subarray(row * numColumns, (row + 1) * numColumns), row * stride);
  }
  return padded;
}

/** Pads a vector with zeros to a multiple of four; all zeros when it is null. @param vector [size] or null */
export function padVector(vector: Float32Array | null, size: number): Float32Array {
  const padded = new Float32Array(paddedSize(size));
  if (vector !== null) padded.set(vector);
  return padded;
}

/** Invocations of a workgroup along a row. Small, so that a batch of one at H = 256 still spreads over several cores. */
export const WORKGROUP_SIZE = 32;

/** Workgroups that cover `numInvocations`. */
export function numWorkgroups(numInvocations: number): number {
  return Math.ceil(numInvocations / WORKGROUP_SIZE);
}
