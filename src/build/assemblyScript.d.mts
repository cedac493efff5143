import type { Plugin } from "vite";

/** Compiles AssemblyScript imported with `?modules`, twice, and inlines both modules in base64. */
export function assemblyScript(): Plugin;
