// The tensors of a description's layers in a file, under the layers' own names.

import { GruError } from "../errors.js";
import { isStored, type Layer, layerType, scaleName } from "../layers/index.js";
import type { Storage, TensorSpec } from "../layers/layerType.js";
import type { Tensor } from "./tensor.js";
import type { TensorSource } from "./tensorSource.js";

/** A layer's tensor. */
export interface TakenTensor {
  readonly spec: TensorSpec;
  /** For int8 multiplied by the scale of their rows; null for a missing vector. */
  readonly values: Float32Array | null;
  readonly scale: Float32Array | null;
  readonly storage: Storage;
}

/** Tensors to name in the error for a missing one: enough to see how the file names its layers. */
const MAX_NAMES = 4;

/** Reads tensors by name and shape, and knows which were never read. */
export class TensorReader {
  readonly tensors: ReadonlyMap<string, Tensor>;
  protected readonly used = new Set<string>();

  /** @param tensors by canonical name */
  constructor(tensors: ReadonlyMap<string, Tensor>) {
    this.tensors = tensors;
  }

  /** The keys of a layer's description that say where its tensors are. */
  keys(_type: string): readonly string[] {
    return [];
  }

  /** Checks the values of these keys. @param at the layer, for messages @throws GruError `bad-file`, `unsupported` */
  check(_layer: Readonly<Record<string, unknown>>, _at: string): void {}

  /** @throws GruError `bad-file`, `unsupported`, `shape-mismatch` */
  takeAll(layer: Layer, source: TensorSource): TakenTensor[] {
    const specs = layerType(layer).tensors(layer);
    return specs.map((spec) => ({ spec, ...this.#take(layer, spec, source) }));
  }

  unused(): string[] {
    return [...this.tensors.keys()].filter((name) => !this.used.has(name));
  }

  /** A layer's tensor, multiplied by the scale of its rows if it is int8; null for a missing vector. */
  #take(layer: Layer, spec: TensorSpec, source: TensorSource): Omit<TakenTensor, "spec"> {
    const { kind, shape } = spec;
    const own = `${layer.name}.${spec.name}`;
    const { tensor, name } = this.find(layer, spec, source, own);
    if (kind === "vector") return { values: tensor?.values ?? null, scale: null, storage: "f32" };
    const { storage, values } = tensor ?? this.missing(name, shape);
    if (storage !== "int8" || !isStored(spec)) return { values, scale: null, storage };
    const [scaleOf, rows] = [scaleName(name), shape.slice(0, -1)];
    const scale = (this.one(scaleOf, rows) ?? this.missing(scaleOf, rows)).values;
    const rowLength = shape.at(-1)!;
    return { values: values.map((value, i) => value * scale[Math.floor(i / rowLength)]!), scale, storage };
  }

  /** A layer's tensor, and its name in the file. @param own its canonical name */
  protected find(
    _layer: Layer,
    { shape }: TensorSpec,
    _source: TensorSource,
    own: string,
  ): { tensor: Tensor | null; name: string } {
    return { tensor: this.one(own, shape), name: own };
  }

  /** @throws GruError `bad-file`, always */
  protected missing(name: string, shape: readonly number[]): never {
    const others = this.unused().slice(0, MAX_NAMES).join(", ") || "no others";
    throw new GruError("bad-file", `${name}: expected a tensor of shape [${shape.join(", ")}], got ${others}`);
  }

  /** The tensor of that name; null for a missing one. */
  protected one(name: string, shape: readonly number[]): Tensor | null {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) return null;
    this.use(name);
    if (tensor.shape.join() === shape.join()) return tensor;
    const [expected, got] = [shape, tensor.shape].map((each) => `[${each.join(", ")}]`);
    throw new GruError("shape-mismatch", `${name}: expected shape ${expected}, got ${got}`);
  }

  /** @throws GruError `bad-file` for a tensor that another layer read */
  protected use(name: string): void {
    if (this.used.has(name))
      throw new GruError("bad-file", `${name}: two layers read this tensor; each layer needs a name of its own`);
    this.used.add(name);
  }
}
