import type { LstmLayer } from "../layers/lstm.js";
import { elementFunction } from "./activation.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { createRecurrent, limitOf, type PlainStep, recurrentProduct } from "./recurrent.js";

export function createLstm(layer: LstmLayer, target: CpuTarget): CpuLayer {
  const { gateActivation, newActivation, outputActivation } = layer;
  const cellType = {
    recur: "recurLstm" as const,
    numGates: 4,
    functions: { gateActivation, newActivation, outputActivation },
    plainStep: (direction: number, starts: Readonly<Record<string, number>>) =>
      plainStep(layer, direction, starts["h"]!, starts["c"]!),
  };
  return createRecurrent(layer, cellType, target);
}

/** The equations of layers/lstm.ts. @param h and c, the first elements of the state's blocks */
function plainStep(layer: LstmLayer, direction: number, h: number, c: number): PlainStep {
  const { hiddenSize } = layer;
  const sums = new Float32Array(4 * hiddenSize); // of all gates
  const product = recurrentProduct(layer, direction, 4 * hiddenSize);
  const gate = elementFunction(layer.gateActivation);
  const newGate = elementFunction(layer.newActivation);
  const outputOf = elementFunction(layer.outputActivation);
  const limit = limitOf(layer);
  return (projection, x, state) => {
    product(sums, state, h);
    for (let i = 0; i < sums.length; i++) sums[i] = limit(sums[i]! + projection[x + i]!);
    for (let i = 0; i < hiddenSize; i++) {
      const fresh = gate(sums[i]!) * newGate(sums[2 * hiddenSize + i]!);
      const cell = gate(sums[hiddenSize + i]!) * state[c + i]! + fresh;
      state[c + i] = cell;
      state[h + i] = gate(sums[3 * hiddenSize + i]!) * outputOf(cell);
    }
  };
}
