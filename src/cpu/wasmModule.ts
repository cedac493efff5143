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
  const bytes = fromBase64(relaxed);
  const isRelaxed = WebAssembly.validate(bytes);
  const module = await WebAssembly.compile(isRelaxed ? bytes : fromBase64(basic));
  return { name: `WebAssembly SIMD${isRelaxed ? ", relaxed" : ""}`, module };
}

/** An instance with a memory of its own. */
export function instantiate({ module }: WasmModule): WasmFunctions {
  const { exports } = new WebAssembly.Instance(module, { math: { log: Math.log } });
  return exports as unknown as WasmFunctions;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** By hand: an AudioWorklet has no `atob`. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let at = 0;
  for (let i = 0; i < digits.length; i++) {
    bits = (bits << 6) | ALPHABET.indexOf(digits[i]!);
    if (i % 4 !== 0) bytes[at++] = bits >> (6 - 2 * (i % 4));
  }
  return bytes;
}
