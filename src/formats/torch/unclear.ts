import { GruError } from "../../errors.js";
import type { NetworkDescription } from "../description.js";
import { OPEN } from "./linearLayers.js";

/**
 * The error for a file that does not say clearly how its layers are wired. It has the description to complete as JSON in its
 * message, and as `cause.description`.
 *
 * @param subject the kind of file
 * @param expected a file that would be clear
 * @param got the reason why this one is not
 */
export function unclear(
  subject: string,
  expected: string,
  got: string,
  layers: NetworkDescription["layers"],
): GruError {
  const read = new Set(layers.flatMap((layer, i) => layer.inputs ?? layers[i - 1]?.name ?? []));
  const outputs = layers.map(({ name }) => name).filter((name) => !read.has(name));
  const description: NetworkDescription = { version: 1, layers, outputs };
  const lines = layers.map((layer) => JSON.stringify(layer)).join(",\n");
  const json = `{"version":1,"layers":[\n${lines}\n],"outputs":${JSON.stringify(outputs)}}`;
  const isOpen = lines.includes(`"${OPEN}"`);
  const wayOut = isOpen
    ? `this one, with the name of an activation ("linear" for none) or of a layer in place of each "${OPEN}"`
    : "this one, if it is right";
  return new GruError(
    "unsupported",
    `${subject}: expected ${expected}, got ${got}; pass a description that says how they are wired, ${wayOut}:\n${json}`,
    {
      cause: { description },
    },
  );
}
