import { basic, relaxed } from "./wasm/index.ts?modules";

/** The module's functions. Addresses are bytes, strides elements; src/cpu/wasm has the shapes. */
export interface WasmFunctions {
  readonly memory: WebAssembly.Memory;
  product(
    out: number,
    outStride: number,
    x: number,
    xStride: number,
    matrix: number,
    numRows: number,
    scratch: number,
  ): void;
  recur(
    cell: number,
    projection: number,
    projectionStride: number,
    h: number,
    rows: number,
    lengths: number,
    numRows: number,
    output: number,
    outputStride: number,
    scratch: number,
  ): void;
  activateRows(activation: number, rows: number, stride: number, numRows: number): void;
  softmaxRows(isLogarithm: number, rows: number, stride: number, numRows: number, size: number): void;
}

/** A module, compiled, and what it needs of the engine, for a person. */
export interface WasmModule {
  readonly name: string;
  readonly module: WebAssembly.Module;
}

/**
 * Compiles the module, in the form with relaxed SIMD where the engine has that.
 *
 * @throws what the engine throws where it has no SIMD or no WebAssembly, or where the page's policy refuses it
 */
export async function compileModule(): Promise<WasmModule> {
  const bytes = bytesOf(relaxed);
  const isRelaxed = WebAssembly.validate(bytes);
  const module = await WebAssembly.compile(isRelaxed ? bytes : bytesOf(basic));
  return { name: `WebAssembly SIMD${isRelaxed ? ", relaxed" : ""}`, module };
}

/** An instance with a memory of its own. */
export function instantiate({ module }: WasmModule): WasmFunctions {
  const { exports } = new WebAssembly.Instance(module, { math: { log: Math.log } });
  return exports as unknown as WasmFunctions;
}

/** @param text a character for each byte */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
