import { GruError } from "../../errors.js";
import type { LayerSpec } from "../../layers/index.js";
import type { NamedTensor } from "./kerasModel.js";

/**
 * Numbers that a network may have beyond those of its file: matrices that only move numbers, where a layer merges, masks
 * or copies. 16 MB, and a hundredth of a second to check.
 */
const MAX_OWN_ELEMENTS = 2 ** 22;

/** The layers that are made of a file. What a few bytes of it can ask for is limited by what it has in weights. */
export class LayerList {
  readonly layers: LayerSpec[] = [];
  readonly #stored = new Set<Float32Array>();
  #numElements = 0;
  #maxElements = MAX_OWN_ELEMENTS;

  /** Counts weights that were read, once each: layers can share them, and a layer can be made of copies. */
  count(tensors: readonly NamedTensor[]): void {
    for (const { values } of tensors.map(({ tensor }) => tensor)) {
      if (!this.#stored.has(values)) this.#maxElements += 2 * values.length;
      this.#stored.add(values);
    }
  }

  /** @throws GruError `unsupported` for more numbers than the file's weights are good for */
  push(...layers: readonly LayerSpec[]): void {
    for (const layer of layers) {
      const sizes = Object.values(layer).map((value: unknown) => (value instanceof Float32Array ? value.length : 0));
      this.#numElements += sizes.reduce((sum, size) => sum + size, 0);
      if (this.#numElements > this.#maxElements) {
        const expected = `at most ${this.#maxElements} numbers in all layers up to this one, by the weights in the file`;
        throw new GruError("unsupported", `layer "${layer.name}": expected ${expected}, got ${this.#numElements}`);
      }
    }
    this.layers.push(...layers);
  }
}
