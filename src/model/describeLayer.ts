import { defaultOf } from "../layers/field.js";
import { isStored, type Layer, layerType, tensorsOf } from "../layers/index.js";

/** `gru 2 -> 3 of [input], forward, reset after, sigmoid, tanh, f32` */
export function describeLayer(layer: Layer): string {
  const { sizes, words } = describeFields(layer);
  const inputs = layer.inputs.length > 0 ? ` of [${layer.inputs.join(", ")}]` : "";
  const storage = tensorsOf(layer).some(isStored) ? [layer.storage] : [];
  const others = words.map(({ text }) => text);
  return [`${layer.type} ${sizes.join(" -> ")}${inputs}`, ...others, ...storage].join(", ");
}

/**
 * A layer's fields, for a person: bare sizes, "5" or "2x13", and words, "kernel 3", each with the kind of its field and
 * whether it is what the field is when nobody says.
 */
export function describeFields(layer: Layer): {
  readonly sizes: readonly string[];
  readonly words: readonly { readonly kind: string; readonly text: string; readonly isDefault: boolean }[];
} {
  const values = layer as unknown as Readonly<Record<string, unknown>>;
  const fields = Object.entries(layerType(layer).fields)
    .map(([key, field]) => {
      const text = field.describe(values[key]);
      const usual = defaultOf(field, values);
      return { kind: field.kind, text, isDefault: usual !== undefined && text === field.describe(usual) };
    })
    .filter(({ text }) => text !== "");
  return {
    sizes: fields.map(({ text }) => text).filter(isBare),
    words: fields.filter(({ text }) => !isBare(text)),
  };
}

/** `2 gru, 1 dense`, in the order in which they come up. */
export function countTypes(layers: readonly Pick<Layer, "type">[]): string {
  const counts = new Map<string, number>();
  for (const { type } of layers) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => `${count} ${type}`).join(", ");
}

function isBare(text: string): boolean {
  return /^[\dx]+$/.test(text);
}
