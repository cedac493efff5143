import type { Contender } from "../contender.js";
import { onnxruntime, type Ort } from "./onnxruntime.js";
import { plainLoop } from "./plainLoop.js";
import { webgru } from "./webgru.js";

/**
 * The contenders that run in Node.
 *
 * @param require of the peers' package
 */
export function nodeContenders(require: NodeJS.Require): readonly Contender[] {
  const onnxruntimeNode = onnxruntime("onnxruntime-node/cpu", async () => require("onnxruntime-node") as Ort, "cpu");
  return [webgru("webgpu"), webgru("cpu"), plainLoop, onnxruntimeNode];
}
