import type { Contender } from "../contender.js";
import { plainLoop } from "./plainLoop.js";
import { webgru } from "./webgru.js";

/**
 * The contenders that run in Node.
 *
 * @param require of the peers' package
 */
export function nodeContenders(_require: NodeJS.Require): readonly Contender[] {
  return [webgru("webgpu"), webgru("cpu"), plainLoop];
}
