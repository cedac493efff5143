// AssemblyScript imported with `?modules`, compiled by the build: each module is a string, a character for each byte.
declare module "*?modules" {
  /** With relaxed SIMD. */
  export const relaxed: string;
  export const basic: string;
}
