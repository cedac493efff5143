// The build compiles AssemblyScript imported with `?modules`, twice, and inlines both modules in strings, a character for each byte.
declare module "*?modules" {
  /** With relaxed SIMD. */
  export const relaxed: string;
  export const basic: string;
}
