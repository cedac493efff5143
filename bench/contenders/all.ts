import * as library from "webgru";
import type { Contender } from "../contender.js";
import { jaxJs } from "./jax.js";
import { litert } from "./litert.js";
import { onnxruntimeWasm, onnxruntimeWebgpu } from "./onnxruntime.js";
import { plainLoop } from "./plainLoop.js";
import { tfjs } from "./tfjs.js";
import { webgru } from "./webgru.js";

/** Where the library was built. */
const FOLDER = "/dist";

/** The contenders that run in a page. */
export const pageContenders: readonly Contender[] = [
  webgru(library, "webgpu", () => import(/* @vite-ignore */ `${FOLDER}/webgpu.js`)),
  webgru(library, "cpu", () => import(/* @vite-ignore */ `${FOLDER}/cpu.js`)),
  onnxruntimeWebgpu,
  jaxJs,
  litert,
  tfjs("webgpu"),
  onnxruntimeWasm,
  tfjs("wasm"),
  plainLoop,
];
