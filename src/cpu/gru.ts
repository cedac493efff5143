import { completeActivation } from "../layers/activation.js";
import type { GruLayer } from "../layers/gru.js";
import { elementFunction } from "./activation.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { createRecurrent, limitOf, type PlainStep, recurrentProduct } from "./recurrent.js";

/** A GRU, whose product of n is a second one where the reset comes before. */
export function createGru(layer: GruLayer, target: CpuTarget): CpuLayer {
  const { resetAfter, gateActivation, newActivation } = layer;
  const cellType = {
    recur: "recurGru" as const,
    numGates: 3,
    numFirstGates: resetAfter ? 3 : 2,
    functions: { gateActivation, newActivation, outputActivation: completeActivation("tanh" as const) },
    plainStep: (direction: number, starts: Readonly<Record<string, number>>) =>
      plainStep(layer, direction, starts["h"]!),
  };
  return createRecurrent(layer, cellType, target);
}

/** The equations of layers/gru.ts. @param h the first element of the state */
function plainStep(layer: GruLayer, direction: number, h: number): PlainStep {
  const { hiddenSize, resetAfter } = layer;
  const newRow = 2 * hiddenSize;
  const recurrent = new Float32Array(3 * hiddenSize); // R h + c, then r and z
  const resetState = new Float32Array(hiddenSize); // r * h
  const product = recurrentProduct(layer, direction, 3 * hiddenSize, 0, resetAfter ? 3 * hiddenSize : newRow);
  const newProduct = recurrentProduct(layer, direction, 3 * hiddenSize, newRow);
  const f = elementFunction(layer.gateActivation);
  const g = elementFunction(layer.newActivation);
  const limit = limitOf(layer);
  return (projection, x, state) => {
    product(recurrent, state, h);
    for (let i = 0; i < newRow; i++) recurrent[i] = f(limit(projection[x + i]! + recurrent[i]!));
    if (!resetAfter) {
      for (let i = 0; i < hiddenSize; i++) resetState[i] = recurrent[i]! * state[h + i]!;
      newProduct(recurrent, resetState, 0);
    }
    for (let i = 0; i < hiddenSize; i++) {
      const r = resetAfter ? recurrent[i]! : 1;
      const z = recurrent[hiddenSize + i]!;
      const n = g(limit(projection[x + newRow + i]! + r * recurrent[newRow + i]!));
      state[h + i] = (1 - z) * n + z * state[h + i]!;
    }
  };
}
