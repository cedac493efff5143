import { type Cadence, EVERY_STEP } from "./cadence.js";
import { defaultOf } from "./field.js";
import type { LayerType, StateBlock, Storage, TensorSpec, TimeRelation } from "./layerType.js";
import * as list from "./list.js";
import { type FrameAxes, hasFrameAxes } from "./recurrent.js";

type Types = typeof list;

/** A layer with all fields. */
export type Layer = {
  [Name in keyof Types]: Types[Name] extends LayerType<infer L, infer _> ? L : never;
}[keyof Types];

/** A layer of a recurrent type. */
export type RecurrentLayer = Extract<Layer, FrameAxes>;

/** A layer as a caller may write it. */
export type LayerSpec = {
  [Name in keyof Types]: Types[Name] extends LayerType<infer _, infer Spec> ? Spec : never;
}[keyof Types];

const TYPES: Readonly<Record<keyof Types, unknown>> = list;

/** Names of the layer types. */
export const LAYER_TYPES: readonly string[] = Object.keys(TYPES);

/** A layer's name in a device's lists: its type, or "onFrameAxes" for one whose frames have axes of their own. */
export function listedName(layer: Layer): string {
  return hasFrameAxes(layer) ? "onFrameAxes" : layer.type;
}

/** The description of a layer's type. */
export function layerType(layer: Pick<Layer, "type">): LayerType<Layer> {
  return TYPES[layer.type] as LayerType<Layer>;
}

/** Whether a layer type has that name. */
export function isLayerType(name: unknown): name is Layer["type"] {
  return LAYER_TYPES.includes(name as string);
}

/** A layer's fields as they were given, unchecked, with the defaults of those that were left out. */
export function withDefaults(given: Pick<Layer, "type">): Layer {
  const layer: Record<string, unknown> = { ...given };
  for (const [key, field] of Object.entries(layerType(given).fields)) {
    if (layer[key] === undefined) layer[key] = defaultOf(field, layer);
  }
  return layer as unknown as Layer;
}

/** A layer's relation to time. */
export function timeOf(layer: Layer): TimeRelation {
  return layerType(layer).time(layer);
}

/** How the steps of a layer's output follow from its input's. */
export function cadenceOf(layer: Layer): Cadence {
  return layerType(layer).cadence?.(layer) ?? EVERY_STEP;
}

/** Features that a layer gives for each row. */
export function layerOutputSize(layer: Layer): number {
  return layerType(layer).outputSize(layer);
}

/** Blocks of state that a layer keeps. */
export function stateBlocks(layer: Layer): readonly StateBlock[] {
  return layerType(layer).state?.(layer) ?? [];
}

/** A tensor of a layer with its values; null for a vector that the layer leaves out. */
export interface LayerTensor extends TensorSpec {
  readonly values: Float32Array | null;
  /** The value of one unit of each row, of a matrix kept as int8. */
  readonly scale: Float32Array | null;
}

/** A layer's tensors. */
export function tensorsOf(layer: Layer): LayerTensor[] {
  const fields = layer as unknown as Readonly<Record<string, Float32Array | null | undefined>>;
  return layerType(layer)
    .tensors(layer)
    .map((spec) => ({ ...spec, values: fields[spec.name] ?? null, scale: fields[scaleName(spec.name)] ?? null }));
}

/** The field of a matrix's scale. */
export function scaleName(tensor: string): string {
  return `${tensor}Scale`;
}

/** Whether a tensor is kept in the layer's storage. */
export function isStored({ kind }: TensorSpec): boolean {
  return kind !== "vector" && kind !== "indices";
}

/** The layer with other tensors in another storage. @param tensors the ones that change, by name */
export function withTensors(
  layer: Layer,
  storage: Storage,
  tensors: Readonly<Record<string, Float32Array | null>>,
): Layer {
  return { ...layer, storage, ...tensors };
}
