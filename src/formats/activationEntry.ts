// An activation as a layer of its own in a description, without a size: `{ "type": "activation", "name": "relu", "activation":
// "relu" }`. It becomes a map, or for a function of a whole row a reduce.

import { GruError } from "../errors.js";
import {
  type ActivationSpec,
  completeActivation,
  type ElementFunction,
  isRowFunction,
  type RowFunction,
} from "../layers/activation.js";
import { activation } from "../layers/field.js";
import { type Layer, layerOutputSize } from "../layers/index.js";
import { completeFields } from "../model/checkLayer.js";
import { NETWORK_INPUT } from "../model/network.js";
import { quote } from "./quote.js";

/** Its type in a description. */
export const ACTIVATION = "activation";

/** An activation of the layers that it reads, the one before when `inputs` is absent. */
export interface ActivationEntry {
  readonly type: typeof ACTIVATION;
  readonly name: string;
  readonly inputs?: readonly string[];
  readonly activation: ActivationSpec<ElementFunction | RowFunction>;
}

/** Its fields. */
export const ACTIVATION_FIELDS = { activation: { ...activation("linear", { ofRows: true }), default: undefined } };

/** @throws GruError `unsupported` for an activation of the network's input, whose size is not known here */
export function withActivations<D extends Pick<Layer, "type" | "name">>(
  layers: readonly (D | ActivationEntry)[],
): (D | Pick<Layer, "type" | "name">)[] {
  const sizes = new Map<string, number>();
  return layers.map((layer, i) => {
    if (layer.type !== ACTIVATION) {
      const complete = { ...layer, ...completeFields(layer) } as unknown as Layer;
      sizes.set(layer.name, layerOutputSize(complete));
      return layer;
    }
    const { name, inputs = [layers[i - 1]?.name ?? NETWORK_INPUT] } = layer;
    const unknown = inputs.find((input) => !sizes.has(input));
    if (unknown !== undefined) {
      const wayOut = `for the network's input write { "type": "map", "outputSize": ... }`;
      const expected = "an activation to read layers before it";
      throw new GruError("unsupported", `layer ${quote(name)}: expected ${expected}, got ${quote(unknown)}; ${wayOut}`);
    }
    const size = inputs.reduce((sum, input) => sum + sizes.get(input)!, 0);
    sizes.set(name, size);
    const of = completeActivation(layer.activation);
    if (isRowFunction(of.name))
      return { type: "reduce", name, inputs, inputShape: [size], axes: [0], operation: of.name };
    return { type: "map", name, inputs, outputSize: size, activation: of };
  });
}
