// Streams of small networks, whose steps one dispatch makes, beside the reference. Runs in the page.

import { Tuning } from "../../../src/plan/tuning.js";
import { borrowDevice } from "../../../src/runtime/openDevice.js";
import { GpuEngine } from "../../../src/runtime/gpuEngine.js";
import { GruModel } from "../../../src/stream/gruModel.js";
import { layerOutputSize } from "../../../src/layers/index.js";
import { runReference } from "../../harness/reference/runReference.js";
import { compare, type Comparison } from "../../harness/compare.js";
import { randomInput } from "../../cases/random.js";
import { WHOLE_NETWORKS as NETWORKS, type WholeNetworkName } from "../../cases/wholeNetworks.js";
import { FAMILY_TABLES } from "../../cases/familyTables.js";
import { recordGpuCalls } from "./gpuCalls.js";

/** Steps of each push: those that one dispatch may make. */
const PUSHES = [1, 2, 4, 1, 3, 1, 1];

/** Pushes a few steps at a time, on a device that is to make each by one dispatch. */
export async function pushWholeNetwork(
  device: GPUDevice,
  name: WholeNetworkName,
  batchSize: number,
): Promise<{ comparison: Comparison; numDispatches: number }> {
  const network = NETWORKS[name]();
  const table = FAMILY_TABLES.network;
  const choice = borrowDevice(device);
  const engine = await GpuEngine.create(network, choice, "a test", new Tuning(choice.facts, table));
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
