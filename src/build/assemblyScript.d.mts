import type { Plugin } from "vite";

/** Compiles AssemblyScript imported with `?modules`, with and without relaxed SIMD, and inlines both modules in strings. */
export function assemblyScript(): Plugin;
