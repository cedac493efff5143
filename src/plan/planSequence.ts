import { type KernelSpec, paddedSize } from "../kernels/kernelSpec.js";
import { topKKernel } from "../kernels/topK.js";
import { layerOutputSize, layerType, stateBlocks } from "../layers/index.js";
import { layerNamed, type Network, NETWORK_INPUT, numLayersOfState } from "../model/network.js";
import { ALL, neededLayers } from "../model/outputRequest.js";
import { layerPlan } from "./layers.js";
import {
  BIASES_BUFFER,
  LENGTHS_BUFFER,
  type OutputPlan,
  PARAMS_BUFFER,
  PARAMS_STRIDE_BYTES,
  SLOTS_BUFFER,
  type Plan,
  PROGRAM_BUFFER,
  SAMPLING_BUFFER,
  SAMPLING_BYTES,
  STATES_BUFFER,
  WEIGHTS_BUFFER,
} from "./plan.js";
import { Planner, type PlanRequest, STEP_BUFFERS } from "./planner.js";
import { weightArena } from "./weightArena.js";

/**
 * Plans chunks of up to `chunkSteps` steps of up to `maxRows` rows.
 *
 * Each layer runs over all steps of the chunk before the next one starts: a GRU's input projection as one product,
 * then one dispatch per step (two when the reset gate comes before the recurrent product). A chunk of few rows may have both
 * in one.
 */
export function planSequence(network: Network, request: PlanRequest): Plan {
  const { inputType, inputSize, outputs } = network;
  const { maxRows, chunkSteps, lastOnly, output = ALL, sample, kernels = null } = request;
  const planner = new Planner(network, request);
  const numStateful = network.layers.filter((layer) => stateBlocks(layer).length > 0).length;
  const numParams = chunkSteps + (kernels === null ? 0 : Math.max(0, numStateful - 1));
  const arena = weightArena(network, kernels?.program(network) ?? null);
  for (const { label, sizeBytes } of arena.parts) planner.buffers.push({ label, sizeBytes, lifetime: "weights" });
  const sizeBytes = numParams * PARAMS_STRIDE_BYTES;
  planner.buffers.push({ label: PARAMS_BUFFER, sizeBytes, lifetime: "params" });
  planner.buffer(LENGTHS_BUFFER, maxRows, "scratch");
  planner.buffer(SLOTS_BUFFER, maxRows, "scratch");
  planner.buffer(STATES_BUFFER, 2 * planner.stateSize, "state");
  const input = planner.sequence(NETWORK_INPUT, inputType === "indices" ? 1 : paddedSize(inputSize));
  planner.values.set(NETWORK_INPUT, { buffer: input, size: inputSize, isSequence: true });

  if (!planWholeNetwork(planner, input)) planLayers(planner);
  const outputPlan = (name: string): OutputPlan => {
    const value = lastOnly ? planner.lastStep(name) : planner.values.get(name)!;
    return { name, ...value };
  };
  const outputPlans = output.all ? outputs.map(outputPlan) : [];
  if (output.topK > 0) outputPlans.push(planTopK(planner, outputPlan(outputs[0]!), output.topK));
  if (sample !== undefined) planSample(planner, sample, outputs[0]!, input);
  const { buffers, stages, cleared } = planner;
  const isStepMajor = sample !== undefined;
  return { maxRows, chunkSteps, buffers, stages, isStepMajor, input, outputs: outputPlans, cleared };
}

/** One dispatch of all layers, where the device does better by it. @returns whether it does */
function planWholeNetwork(planner: Planner, input: string): boolean {
  const { network, request } = planner;
  const kernel = request.lastOnly ? null : request.kernels?.walkNetwork(network, planner.numRowsAndSteps);
  if (!kernel) return false;
  const name = network.outputs[0]!;
  const size = layerOutputSize(layerNamed(network, name));
  const buffer = planner.sequence(`${name}.output`, paddedSize(size));
  const buffers = [...STEP_BUFFERS, PROGRAM_BUFFER, input, WEIGHTS_BUFFER, BIASES_BUFFER, STATES_BUFFER, buffer];
  planner.stages.push({ type: "walk", dispatches: [{ kernel, buffers }] });
  planner.values.set(name, { buffer, size, isSequence: true });
  return true;
}

/** Layer by layer. Frame layers after the last one with a state see the last step only, where only that is given. */
function planLayers(planner: Planner): void {
  const { network, request, values } = planner;
  const layers = neededLayers(network, request.output ?? ALL);
  const numBefore = numLayersOfState(network);
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[i]!;
    const { time, readsIndex } = layerType(layer);
    const isTail = request.lastOnly && i >= numBefore && time === "frame" && !readsIndex;
    const inputs = layer.inputs.map((name) => (isTail ? planner.lastStep(name) : values.get(name)!));
    const room = layerPlan(layer);
    const together = room.planTogether?.(network, i, inputs, planner) ?? null;
    if (together === null) values.set(layer.name, room.plan(layer, inputs, planner));
    else values.set(layers[(i += together.numLayers - 1)]!.name, together.output);
  }
}

function planTopK(planner: Planner, main: OutputPlan, topK: number): OutputPlan {
  const name = `${main.name}.topK`;
  const buffer = planner.likeInputs(name, [main], paddedSize(2 * topK));
  planner.rows([main], topKKernel(main.size, topK), [main.buffer, buffer]);
  return { ...main, name, buffer, size: 2 * topK };
}

function planSample(planner: Planner, kernel: KernelSpec, output: string, index: string): void {
  const scores = planner.values.get(output)!;
  planner.buffer(SAMPLING_BUFFER, SAMPLING_BYTES / Uint32Array.BYTES_PER_ELEMENT, "scratch");
  planner.rows([scores], kernel, [SAMPLING_BUFFER, scores.buffer, index]);
}
