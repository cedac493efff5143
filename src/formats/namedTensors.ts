// The tensors of a description's layers in a file of another program, where the description may say their names, axes and gates.

import { GruError } from "../errors.js";
import { type Layer, layerType } from "../layers/index.js";
import type { TensorSpec } from "../layers/layerType.js";
import { ACTIVATION } from "./activationEntry.js";
import { arranged } from "./arrangement.js";
import { checkKeys } from "./knownKeys.js";
import { quote } from "./quote.js";
import { stack, type Tensor } from "./tensor.js";
import { type TakenTensor, TensorReader } from "./tensorReader.js";
import { GATES, gatesOf, LAYOUTS, type TensorSource } from "./tensorSource.js";

/** Elements that layers may have in copies of tensors, beyond twice the file's: a description may name one tensor many times. */
const SPARE_ELEMENTS = 2 ** 22;

/** As a TensorReader, which reads what a description's `tensors`, `layout` and `gateOrder` say. */
export class NamedTensors extends TensorReader {
  readonly #others: ReadonlyMap<string, Tensor>;
  readonly #read = new Set<Tensor>();
  #numLeft: number;

  /** @param tensors by canonical name @param others by the names of the file, where those differ */
  constructor(tensors: ReadonlyMap<string, Tensor>, others: ReadonlyMap<string, Tensor> = new Map()) {
    super(tensors);
    this.#others = others;
    const all = new Set([...tensors.values()].map(({ values }) => values));
    this.#numLeft = [...all].reduce((sum, { length }) => sum + 2 * length, SPARE_ELEMENTS);
  }

  override keys(type: string): (keyof TensorSource)[] {
    if (type === ACTIVATION) return [];
    return Object.hasOwn(GATES, type) ? ["tensors", "layout", "gateOrder"] : ["tensors", "layout"];
  }

  override check({ type, tensors, layout, gateOrder }: Readonly<Record<string, unknown>>, at: string): void {
    if (tensors !== undefined && (typeof tensors !== "object" || tensors === null || Array.isArray(tensors)))
      throw bad(`${at}.tensors`, "an object", tensors);
    for (const [name, file] of Object.entries(tensors ?? {})) {
      const names: unknown[] = Array.isArray(file) && file.length === 2 ? file : [file];
      if (names.some((each) => typeof each !== "string"))
        throw bad(`${at}.tensors.${name}`, "the name of a tensor, or a pair", file);
    }
    if (layout !== undefined && !LAYOUTS.some((each) => each === layout)) {
      throw new GruError("unsupported", `${at}.layout: expected one of ${LAYOUTS.join(", ")}, got ${quote(layout)}`);
    }
    if (gateOrder !== undefined && gatesOf(String(type), gateOrder) === null)
      throw bad(`${at}.gateOrder`, `the letters ${GATES[String(type)]!.own} in some order`, gateOrder);
  }

  override takeAll(layer: Layer, source: TensorSource): TakenTensor[] {
    const names = layerType(layer)
      .tensors(layer)
      .map(({ name }) => name);
    checkKeys(`layer "${layer.name}": tensors`, source.tensors ?? {}, names);
    return super.takeAll(layer, source);
  }

  override unused(): string[] {
    return super.unused().filter((name) => !this.#read.has(this.tensors.get(name)!));
  }

  protected override find(layer: Layer, spec: TensorSpec, source: TensorSource, own: string) {
    const named = source.tensors?.[spec.name];
    const [name] = [named ?? own].flat() as [string];
    const tensor =
      typeof named === "object" ? this.#pair(layer, spec, source, named) : this.#arranged(layer, spec, source, name);
    if (tensor === null && named !== undefined) this.missing(name, spec.shape);
    if (tensor?.storage === "int8" && tensor.values !== this.#get(name)?.values) {
      const expected = "whole numbers in webgru's own axes and order of gates";
      throw new GruError("unsupported", `${name}: expected ${expected}, got others`);
    }
    return { tensor, name };
  }

  #get(name: string): Tensor | undefined {
    return this.tensors.get(name) ?? this.#others.get(name);
  }

  #arranged(layer: Layer, spec: TensorSpec, source: TensorSource, name: string): Tensor | null {
    const tensor = this.#get(name);
    if (tensor === undefined) return null;
    // A tensor that is named may be that of several layers.
    if (source.tensors?.[spec.name] === undefined) this.use(name);
    this.used.add(name);
    this.#read.add(tensor);
    const taken = arranged(layer, spec, source, name, tensor);
    if (taken.values !== tensor.values) this.#count(name, taken);
    return taken;
  }

  /** Both directions, each a tensor of its own. */
  #pair(layer: Layer, spec: TensorSpec, source: TensorSource, names: readonly string[]): Tensor {
    const shape = spec.shape.slice(1);
    if (spec.shape[0] !== 2 || (layer as { direction?: unknown }).direction !== "bidirectional") {
      const expected = "one name, since it is not of two directions";
      throw new GruError("unsupported", `${layer.name}.${spec.name}: expected ${expected}, got ${names.join(", ")}`);
    }
    const half = { ...spec, shape };
    const parts = names.map((name) => this.#arranged(layer, half, source, name) ?? this.missing(name, shape));
    const both = stack(parts as [Tensor, ...Tensor[]]);
    this.#count(names[0]!, both);
    return both;
  }

  #count(name: string, { values }: Tensor): void {
    this.#numLeft -= values.length;
    if (this.#numLeft >= 0) return;
    throw new GruError("unsupported", `${name}: expected a tensor of its own, got one that many layers have a copy of`);
  }
}

function bad(at: string, expected: string, got: unknown): GruError {
  return new GruError("bad-file", `${at}: expected ${expected}, got ${quote(got)}`);
}
