/** Everything needed to compile and dispatch one compute kernel. Plain data: no GPU objects. */
export interface KernelSpec {
  /** Name and shape, for people: shown in GPU debuggers, in `explain()` and in error messages. */
  readonly label: string;
  /** WGSL: the kernel's file, then the shared functions it calls. */
  readonly source: string;
  readonly entryPoint: string;
  /** Values of the WGSL `override` declarations, by their WGSL names. */
  readonly constants: Readonly<Record<string, number>>;
  /** Buffer type of binding 0, 1, 2... of group 0. A `uniform` is the params of a step, at a dynamic offset. */
  readonly bindings: readonly KernelBinding[];
  /** Workgroups to dispatch for a number of rows: B in the time loop and at the end, else steps x B. */
  workgroups(numRows: number): [x: number, y: number, z: number];
  /** Most steps of one dispatch of a persistent kernel; absent for a kernel that makes one step. */
  readonly maxStepsAtOnce?: number;
  /** Multiplications and additions for each row (and step): what the work of a submit is measured in. */
  readonly flopPerRow: number;
}

/** Type of a buffer binding. */
export type KernelBinding = "uniform" | "read-only-storage" | "storage";

/** Rows and columns are padded with zeros to a multiple of this, so that a row is a whole number of vec4f. */
const ROW_ALIGNMENT = 4;

/** Elements that a row of `size` features takes in a buffer. */
export function paddedSize(size: number): number {
  return Math.ceil(size / ROW_ALIGNMENT) * ROW_ALIGNMENT;
}

/** Invocations of a workgroup along a row. Small, so that a batch of one at H = 256 still spreads over several cores. */
export const WORKGROUP_SIZE = 32;

/** Workgroups that cover `numInvocations`. */
export function numWorkgroups(numInvocations: number): number {
  return Math.ceil(numInvocations / WORKGROUP_SIZE);
}
