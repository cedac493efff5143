import { GruError } from "../../errors.js";
import type { LayerSpec } from "../../layers/index.js";
import type { NamedTensor } from "./kerasModel.js";

/**
 * Elements that a network's tensors may have beyond the file's weights: layers that merge, mask or copy become matrices that
 * only move numbers. 16 MB, which take 10 ms to check.
 */
const MAX_OWN_ELEMENTS = 2 ** 22;

/** The layers made from a file. The size of their tensors is limited by that of the file's weights. */
export class LayerList {
  readonly layers: LayerSpec[] = [];
  readonly #stored = new Set<Float32Array>();
  #numElements = 0;
  #maxElements = MAX_OWN_ELEMENTS;

  /**
   * Counts weights of the file. Each counts once, since layers can share it, and allows twice its size, since a layer can be
   * made of copies.
   */
  count(tensors: readonly NamedTensor[]): void {
    for (const { values } of tensors.map(({ tensor }) => tensor)) {
      if (!this.#stored.has(values)) this.#maxElements += 2 * values.length;
      this.#stored.add(values);
    }
  }

  /** @throws GruError `unsupported` for more elements than the file's weights allow */
  push(...layers: readonly LayerSpec[]): void {
    for (const layer of layers) this.#countOwn(layer.name, tensorsOf(layer));
    this.layers.push(...layers);
  }

  /** Puts a layer in another's place. @throws GruError as `push`, which counts tensors that the other had not */
  replace(before: LayerSpec, layer: LayerSpec): void {
    const kept = tensorsOf(before);
    this.#countOwn(
      layer.name,
      tensorsOf(layer).filter((values) => !kept.includes(values)),
    );
    this.layers[this.layers.indexOf(before)] = layer;
  }

  #countOwn(name: string | undefined, tensors: readonly Float32Array[]): void {
    this.#numElements += tensors.reduce((sum, { length }) => sum + length, 0);
    if (this.#numElements <= this.#maxElements) return;
    const expected = `at most ${this.#maxElements} numbers in all layers up to this one, by the weights in the file`;
    throw new GruError("unsupported", `layer "${name}": expected ${expected}, got ${this.#numElements}`);
  }
}

function tensorsOf(layer: LayerSpec): Float32Array[] {
  return Object.values(layer).filter((value: unknown): value is Float32Array => value instanceof Float32Array);
}
