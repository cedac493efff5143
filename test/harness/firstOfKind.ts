// The part of many cases that a browser test takes in `npm test`: each of them compiles kernels for a second.

import type { Network } from "../../src/model/network.js";

/** Whether all cases run: test/long sets it. */
export const takesAll = Boolean(process.env.WEBGRU_LONG);

/**
 * The cases whose network has a layer that none before it had, whatever its sizes and weights; all, where `takesAll`.
 * WebGPU is held to the reference by the twin cases, and the readers to other programs on the CPU: here the two meet.
 */
export async function firstOfKind(
  names: readonly string[],
  networkOf: (name: string) => Network | Promise<Network>,
): Promise<readonly string[]> {
  if (takesAll) return names;
  const seen = new Set<string>();
  const taken: string[] = [];
  for (const name of names) {
    const kinds = (await networkOf(name)).layers.map(kindOf);
    if (kinds.some((kind) => !seen.has(kind))) taken.push(name);
    for (const kind of kinds) seen.add(kind);
  }
  return taken;
}

/** A layer's fields, without names; of a size, whether it is more than one; of a tensor, whether it is there. */
function kindOf(layer: object): string {
  return JSON.stringify(layer, (key, value: unknown) => {
    if (key === "name" || key === "inputs" || key === "next") return undefined;
    if (ArrayBuffer.isView(value)) return "tensor";
    return typeof value === "number" ? value > 1 : value;
  });
}
