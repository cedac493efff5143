// Runs in the conformance page. What it puts on `conformance`, browser.ts calls inside `page.evaluate`.

import { describeAdapter } from "../../../bench/adapter.js";
import { execute } from "./execute.js";
import type { Program } from "./program.js";
import { pack, unpack } from "./transfer.js";

const conformance = {
  adapterName: async (): Promise<string> => (await describeAdapter()).name,

  /** Runs a packed program on WebGPU. @returns its packed outcome */
  execute: async (program: string): Promise<string> => pack(await execute(unpack<Program>(program), "webgpu")),
};

declare global {
  // `var` is how TypeScript declares a property of globalThis.
  var conformance: Conformance;
}

/** The functions that the conformance page offers. */
export type Conformance = typeof conformance;

globalThis.conformance = conformance;
