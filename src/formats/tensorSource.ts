/** Where a layer's tensors are in the file, and how they lie there. */
export interface TensorSource {
  /**
   * Their names in the file, by the layer's own: `{ "weight": "fc.kernel" }`; of a bidirectional layer one, or a pair, forward
   * first. A tensor that is not among them is `<layer>.weight` and so on.
   */
  readonly tensors?: Readonly<Record<string, string | readonly [string, string]>>;
  /** Whose axes: `torch`'s [outputs, inputs, ...kernel], or `keras`'s [...kernel, inputs, outputs]. `torch` when absent. */
  readonly layout?: (typeof LAYOUTS)[number];
  /** The order of a recurrent layer's gates in the file: `zrn`, `ifgo`. Its own when absent, or Keras's in Keras's layout. */
  readonly gateOrder?: string;
}

export const LAYOUTS = ["torch", "keras"] as const;

/** The gates of each layer type in our order, and Keras's order. Keras calls our n and g h and c. */
export const GATES: Readonly<Record<string, { readonly own: string; readonly keras: string }>> = {
  gru: { own: "rzn", keras: "zrn" },
  lstm: { own: "ifgo", keras: "ifgo" },
};

/** Our letters of a gate order; null where it is not one of that layer type. */
export function gatesOf(type: string, order: unknown): string | null {
  const own = GATES[type]?.own;
  if (own === undefined || typeof order !== "string") return null;
  const letters = type === "gru" ? order.replace("h", "n") : order.replace("c", "g");
  return [...letters].sort().join("") === [...own].sort().join("") ? letters : null;
}

/** Whether a description says where a layer's tensors are. */
export function namesTensors(description: unknown): boolean {
  const { layers } = (description ?? {}) as { layers?: unknown };
  const keys: readonly (keyof TensorSource)[] = ["tensors", "layout", "gateOrder"];
  return (
    Array.isArray(layers) && layers.some((layer: unknown) => keys.some((key) => Object.hasOwn(Object(layer), key)))
  );
}
