import * as library from "webgru";
import type { Contender } from "../contender.js";
import { jaxJs } from "./jax.js";
import { litert } from "./litert.js";
import { onnxruntimeWasm, onnxruntimeWebgpu } from "./onnxruntime.js";
import { plainLoop } from "./plainLoop.js";
import { tfjs } from "./tfjs.js";
import { webgru } from "./webgru.js";

/** The contenders that run in a page. */
export const pageContenders: readonly Contender[] = [
  webgru(library, "webgpu"),
  webgru(library, "cpu"),
  onnxruntimeWebgpu,
  jaxJs,
  litert,
  tfjs("webgpu"),
  onnxruntimeWasm,
  tfjs("wasm"),
  plainLoop,
];
