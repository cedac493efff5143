import type { Place } from "./kerasLayer.js";

/**
 * The weights of a layer among many, by their paths: those with its name in front of the last part, and of these the ones with the
 * most names of the models around it, since layers of two models may have one name.
 */
export function weightsOfLayer<T extends { readonly name: string }>(weights: readonly T[], { names }: Place): T[] {
  const own = names.at(-1)!;
  const around = names.slice(0, -1);
  let most = 0;
  let found: T[] = [];
  for (const weight of weights) {
    const parts = weight.name.split("/", MAX_PATH_PARTS).slice(0, -1);
    if (!parts.includes(own)) continue;
    const score = around.filter((name) => parts.includes(name)).length;
    if (score > most) found = [];
    if (score >= most) found.push(weight);
    most = Math.max(most, score);
  }
  return found;
}

/** Limit of folders in a weight's path: Bidirectional's have four. */
export const MAX_PATH_PARTS = 16;
