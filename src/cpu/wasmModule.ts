/**
 * The module's functions for layers of any type; the file of a layer type adds its own. Addresses are bytes, strides
 * elements; src/cpu/wasm has the shapes.
 */
export interface WasmFunctions {
  readonly memory: WebAssembly.Memory;
  product(out: number, outStride: number, x: number, xStride: number, matrix: number, numRows: number): void;
  activateRows(activation: number, rows: number, stride: number, numRows: number): void;
  softmaxRows(isLogarithm: number, rows: number, stride: number, numRows: number, size: number): void;
}

/** A module as text, with relaxed SIMD and without: a character for each byte. */
export interface ModuleTexts {
  readonly relaxed: string;
  readonly basic: string;
}

/** A compiled module. */
export interface WasmModule {
  /** The features of WebAssembly that it needs, for a person. */
  readonly name: string;
  readonly module: WebAssembly.Module;
}

/**
 * Compiles a module, with relaxed SIMD where the engine has it.
 *
 * @throws the engine's error where it has no SIMD or no WebAssembly, or where the page's policy refuses it
 */
export async function compileModule({ relaxed, basic }: ModuleTexts): Promise<WasmModule> {
  const bytes = bytesOf(relaxed);
  const isRelaxed = WebAssembly.validate(bytes);
  const module = await WebAssembly.compile(isRelaxed ? bytes : bytesOf(basic));
  return { name: `WebAssembly SIMD${isRelaxed ? ", relaxed" : ""}`, module };
}

/** Makes an instance with a memory of its own. */
export function instantiate({ module }: WasmModule): WasmFunctions {
  const { exports } = new WebAssembly.Instance(module, { math: { log: Math.log, pow: Math.pow } });
  return exports as unknown as WasmFunctions;
}

/** @param text a character for each byte */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
