// The build compiles AssemblyScript imported with `?modules`, twice, and inlines both modules in base64.
declare module "*?modules" {
  /** With relaxed SIMD. */
  export const relaxed: string;
  export const basic: string;
}
