import { type KernelSpec, paddedSize } from "../kernels/kernelSpec.js";
import { topKKernel } from "../kernels/topK.js";
import { EVERY_STEP } from "../layers/cadence.js";
import { layerType, timeOf } from "../layers/index.js";
import { cadencesOf, isStepByStep, NETWORK_INPUT, nextOf, numLayersOfState } from "../model/network.js";
import { ALL, neededLayers } from "../model/outputRequest.js";
import { layerPlan } from "./layers.js";
import { wholeNetwork } from "./network/wholeNetwork.js";
import type { NetworkLayout } from "./networkLayout.js";
import type { BufferPlan, OutputPlan, Plan } from "./plan.js";
import { ALWAYS, Planner, type PlanRequest, type Survey } from "./planner.js";

/**
 * Plans chunks of up to `chunkSteps` steps of up to `maxRows` rows.
 *
 * Each layer runs over all steps of the chunk before the next one starts: a recurrent layer's input projection as one
 * product, then its steps, by the kernel family that the device takes for chunks of that size.
 */
export function planSequence(layout: NetworkLayout, request: PlanRequest): Plan {
  return plan(new Planner(layout, request, null));
}

/** As `planSequence`, with the kernels and buffers of all chunks that the survey covers. It cannot be run. */
export function surveySequence(layout: NetworkLayout, request: PlanRequest, survey: Survey): Plan {
  return plan(new Planner(layout, request, survey));
}

function plan(planner: Planner): Plan {
  const { inputType, inputSize, outputs } = planner.network;
  const { maxRows, chunkSteps, lastOnly, output = ALL, sample } = planner.request;
  const input = planner.sequence(NETWORK_INPUT, inputType === "indices" ? 1 : paddedSize(inputSize));
  planner.values.set(NETWORK_INPUT, { buffer: input, size: inputSize, isSequence: true });

  planner.choose([...wholeNetwork(planner, input), { ...ALWAYS, plan: () => planLayers(planner) }]);
  const cadences = cadencesOf(planner.network.layers);
  const outputPlan = (name: string): OutputPlan => {
    const value = lastOnly ? planner.lastStep(name) : planner.values.get(name)!;
    return { name, ...value, cadence: cadences.get(name)! };
  };
  const outputPlans = output.all ? outputs.map(outputPlan) : [];
  if (output.topK > 0) outputPlans.push(planTopK(planner, outputPlan(outputs[0]!), output.topK));
  const sampling = sample === undefined ? null : planSample(planner, sample, outputs[0]!, input);
  const { buffers, stages, cleared, params, allLengths, slots, status } = planner;
  return {
    maxRows,
    chunkSteps,
    buffers,
    stages,
    isStepMajor: sampling !== null || isStepByStep(planner.network),
    params,
    cadences: planner.layout.cadences,
    lengths: allLengths,
    slots,
    input,
    sampling,
    status,
    outputs: outputPlans,
    cleared,
  };
}

/**
 * Layer by layer. Frame layers that no layer of another kind follows, and no state needs, see the last step only, where only
 * that is given.
 */
function planLayers(planner: Planner): void {
  const { network, request, values } = planner;
  const layers = neededLayers(network, request.output ?? ALL);
  const lastOther = network.layers.map((layer) => timeOf(layer) !== "frame").lastIndexOf(true);
  const numBefore = Math.max(lastOther + 1, numLayersOfState(network));
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[i]!;
    const isTail = request.lastOnly && i >= numBefore && timeOf(layer) === "frame" && !layerType(layer).readsIndex;
    const inputs = layer.inputs.map((name) => (isTail ? planner.lastStep(name) : values.get(name)!));
    planner.cadence = inputs[0]?.buffer.cadence ?? EVERY_STEP;
    const { value, numLayers = 1 } = layerPlan(layer).plan(layer, inputs, planner);
    i += numLayers - 1;
    values.set(layers[i]!.name, value);
  }
  for (const layer of layers) {
    const next = nextOf(layer);
    if (next !== null) layerPlan(layer).keep!(layer, values.get(next)!, planner);
  }
}

function planTopK(planner: Planner, main: OutputPlan, topK: number): OutputPlan {
  const name = `${main.name}.topK`;
  const buffer = planner.likeInputs(name, [main], paddedSize(2 * topK));
  planner.rows([main], topKKernel(main.size, topK), [main.buffer, buffer]);
  return { ...main, name, buffer, size: 2 * topK };
}

/** Elements of the Sampling of shaders/sample.wgsl. */
const SAMPLING_ELEMENTS = 6;

function planSample(planner: Planner, kernel: KernelSpec, output: string, index: BufferPlan): BufferPlan {
  const scores = planner.values.get(output)!;
  const sampling = planner.buffer("sampling", SAMPLING_ELEMENTS);
  planner.rows([scores], kernel, [sampling, scores.buffer, index]);
  return sampling;
}
