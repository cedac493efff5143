import { completeActivation } from "../layers/activation.js";
import type { RnnLayer } from "../layers/rnn.js";
import { elementFunction } from "./activation.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { createRecurrent, limitOf, type PlainStep, recurrentProduct } from "./recurrent.js";

export function createRnn(layer: RnnLayer, target: CpuTarget): CpuLayer {
  const cellType = {
    recur: "recurRnn" as const,
    numGates: 1,
    functions: {
      gateActivation: completeActivation("sigmoid" as const),
      newActivation: layer.activation,
      outputActivation: completeActivation("tanh" as const),
    },
    plainStep: (direction: number, starts: Readonly<Record<string, number>>) =>
      plainStep(layer, direction, starts["h"]!),
  };
  return createRecurrent(layer, cellType, target);
}

/** The equation of layers/rnn.ts. @param h the first element of the state */
function plainStep(layer: RnnLayer, direction: number, h: number): PlainStep {
  const { hiddenSize } = layer;
  const recurrent = new Float32Array(hiddenSize); // R h + c
  const product = recurrentProduct(layer, direction, hiddenSize);
  const f = elementFunction(layer.activation);
  const limit = limitOf(layer);
  return (projection, x, state) => {
    product(recurrent, state, h);
    for (let i = 0; i < hiddenSize; i++) state[h + i] = f(limit(projection[x + i]! + recurrent[i]!));
  };
}
