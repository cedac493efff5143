import type { Contender } from "../contender.js";
import { onnxruntime, type Ort } from "./onnxruntime.js";
import { plainLoop } from "./plainLoop.js";
import { type Library, webgru } from "./webgru.js";

/**
 * The contenders that run in Node.
 *
 * @param require of the peers' package; the library comes by it too, as Vite's runner, which runs this, has been closed by
 *   the time that the library imports its kernels for hardware GPUs
 */
export function nodeContenders(require: NodeJS.Require): readonly Contender[] {
  const onnxruntimeNode = onnxruntime("onnxruntime-node/cpu", async () => require("onnxruntime-node") as Ort, "cpu");
  const library = require("../dist/webgru.js") as Library;
  return [webgru(library, "webgpu"), webgru(library, "cpu"), plainLoop, onnxruntimeNode];
}
