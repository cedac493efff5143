// Streams of small networks, whose steps one dispatch makes, beside the reference. Runs in the page.

import { tune } from "../../src/plan/tuning.js";
import { borrowDevice } from "../../src/runtime/adapter.js";
import { GpuEngine } from "../../src/runtime/gpuEngine.js";
import { GruModel } from "../../src/gruModel.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { layerOutputSize, type Network } from "../../src/model/network.js";
import { withStorage } from "../../src/model/quantize.js";
import { runReference } from "../../src/reference/runReference.js";
import { compare, type Comparison } from "../compare.js";
import { randomDense, randomGru, randomInput, randomMixed, randomStack, randomTextModel, uniform } from "../random.js";
import { recordGpuCalls } from "./gpuCalls.js";

/** Networks that are programs, with every operation among them. */
const NETWORKS = {
  text: () => randomTextModel(801, 53),
  mixed: () => randomMixed(802, "logSoftmax", 70),
  deep: () => randomStack({ seed: 803, inputSize: 9, hiddenSizes: [33, 7, 1], resetAfter: false }),
  activations: () => withActivations(804),
  int8: () => withStorage(randomMixed(805, "sigmoid", 5), "int8"),
  f16: () => withStorage(randomTextModel(806, 9), "f16"),
};

/** Gates and a new state of their own, in both reset forms, within a clip; H is not a multiple of four. */
function withActivations(seed: number): Network {
  const next = uniform(seed);
  const activations = { gateActivation: "hardSigmoid", newActivation: "softsign", clip: 0.4 } as const;
  const first = randomGru("first", ["input"], { inputSize: 3, hiddenSize: 6 }, next);
  const second = randomGru("second", ["first"], { inputSize: 6, hiddenSize: 5, resetAfter: false }, next);
  const head = randomDense("head", ["second", "first"], [11, 6], { name: "elu", alpha: 0.7 }, next);
  return defineNetwork({ layers: [{ ...first, ...activations }, { ...second, ...activations }, head] });
}

/** Name of such a network. */
export type WholeNetworkName = keyof typeof NETWORKS;

/** Steps of each push: those that one dispatch may make. */
const PUSHES = [1, 2, 4, 1, 3, 1, 1];

/** Pushes a few steps at a time, on a device that is to make each by one dispatch. */
export async function pushWholeNetwork(
  device: GPUDevice,
  name: WholeNetworkName,
  batchSize: number,
): Promise<{ comparison: Comparison; numDispatches: number }> {
  const network = NETWORKS[name]();
  const table = [{ walk: { kernel: "network", workgroupSize: 32 } }, { walk: { kernel: "step" } }] as const;
  const choice = borrowDevice(device);
  const engine = await GpuEngine.create(network, choice, "a test", tune(choice.facts, table));
  const model = new GruModel(network, engine, "reject");
  const numSteps = PUSHES.reduce((sum, steps) => sum + steps, 0);
  const input = randomInput(network, numSteps * batchSize, 807);
  const expected = runReference(network, { input, batchSize }).output;
  const stream = model.createStream({ batchSize });
  await stream.push(randomInput(network, 2 * batchSize, 808));
  await stream.reset();
  const calls = recordGpuCalls();
  const actual: number[] = [];
  let start = 0;
  for (const steps of PUSHES) {
    const end = start + steps * batchSize * network.inputSize;
    actual.push(...(await stream.push(input.subarray(start, end))));
    start = end;
  }
  const numDispatches = calls.filter(({ method }) => method === "dispatchWorkgroups").length / PUSHES.length;
  model.dispose();
  const head = network.layers.find((layer) => layer.name === network.outputs[0])!;
  if (actual.length !== numSteps * batchSize * layerOutputSize(head)) throw new Error("outputs are missing");
  return { comparison: compare(Float32Array.from(actual), expected, { atol: 2e-6, rtol: 2e-6 }), numDispatches };
}

/** The names, to be called from Node. */
export const WHOLE_NETWORK_NAMES = Object.keys(NETWORKS) as WholeNetworkName[];
