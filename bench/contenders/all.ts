import type { Contender } from "../contender.js";
import { plainLoop } from "./plainLoop.js";
import { webgru } from "./webgru.js";

/** The contenders that run in a page. */
export const pageContenders: readonly Contender[] = [webgru("webgpu"), webgru("cpu"), plainLoop];
