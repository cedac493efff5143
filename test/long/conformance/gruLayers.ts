import type { GruSpec } from "webgru";
import { textbookGru } from "webgru/textbook";
import { gateActivation, isComplementary } from "./activation.js";
import { convertWeights, negateUpdate, stackDirections } from "./gruWeights.js";
import { NotRun } from "./notRun.js";
import type { ConcatWeights, DirectionPart, GruStep } from "./program.js";
import { transposed } from "./tensor.js";

/**
 * The library's layers for a step, in the order of its layers: each time one, or two of one direction each where the
 * directions differ in more than their weights.
 *
 * @param inputs names of what the first one reads
 * @throws NotRun
 */
export function gruLayerSpecs(step: GruStep, name: string, inputs: readonly string[]): GruSpec[][] {
  const layers: GruSpec[][] = [];
  step.layers.forEach(({ dirs }, i) => {
    const reads = layers.at(-1)?.map((layer) => layer.name) ?? inputs;
    const layerName = `${name}.l${i}`;
    layers.push(bidirectional(step, dirs, layerName, reads) ?? sideBySide(step, dirs, layerName, reads));
  });
  return layers;
}

/** Settings of one direction, besides its weights. */
function settings(step: GruStep, part: DirectionPart) {
  const [gate, newGate] = part.activations ?? step.activations ?? ["sigmoid", "tanh"];
  return {
    resetAfter: step.reset_after,
    clip: step.clip || null, // 0 is none
    gateActivation: gateActivation(gate),
    newActivation: gateActivation(newGate),
  };
}

/** One layer of both directions, where they are forward then reverse, and alike. */
function bidirectional(
  step: GruStep,
  dirs: readonly DirectionPart[],
  name: string,
  inputs: readonly string[],
): GruSpec[] | null {
  const [forward, reverse] = dirs;
  if (reverse === undefined || forward!.reverse || !reverse.reverse || isTextbook(step, forward!)) return null;
  const [forwardSettings, reverseSettings] = [settings(step, forward!), settings(step, reverse)];
  if (JSON.stringify(forwardSettings) !== JSON.stringify(reverseSettings)) return null;
  const weights = stackDirections(directionWeights(step, forward!), directionWeights(step, reverse));
  return [{ type: "gru", name, inputs, direction: "bidirectional", ...forwardSettings, ...weights }];
}

function sideBySide(step: GruStep, dirs: readonly DirectionPart[], name: string, inputs: readonly string[]): GruSpec[] {
  return dirs.map((part, d) => {
    const direction = part.reverse ? "reverse" : "forward";
    const ownName = dirs.length === 1 ? name : `${name}.d${d}`;
    if (isTextbook(step, part)) return { ...textbookLayer(part, ownName, inputs), direction };
    const weights = directionWeights(step, part);
    return { type: "gru", name: ownName, inputs, direction, ...settings(step, part), ...weights };
  });
}

function directionWeights(step: GruStep, part: DirectionPart) {
  const weights = convertWeights(part.weights);
  if (step.update === "z_keeps") return weights;
  const [gate] = part.activations ?? step.activations ?? ["sigmoid"];
  if (!isComplementary(gate)) {
    throw new NotRun(`the library has no update z n + (1 - z) h with gates that are ${JSON.stringify(gate)}`);
  }
  return negateUpdate(weights);
}

/** Whether `textbookGru` makes a step's layers, or some of them. */
export function hasTextbook(step: GruStep): boolean {
  return step.layers.some(({ dirs }) => dirs.some((part) => isTextbook(step, part)));
}

/** Whether a direction is what `textbookGru` reads. */
function isTextbook(step: GruStep, { weights, activations = step.activations }: DirectionPart): boolean {
  const isPlain = step.update === "z_replaces" && !step.reset_after && !step.clip;
  const isUsual = activations === undefined || activations.join() === "sigmoid,tanh";
  const isJoined = weights.form === "concat" && weights.gateConcat === "xh" && weights.candConcat === "hx";
  return isPlain && isUsual && isJoined;
}

function textbookLayer(part: DirectionPart, name: string, inputs: readonly string[]): GruSpec {
  const { rows, W_r, W_z, W_h, b_r, b_z, b_h } = part.weights as ConcatWeights;
  const [reset, update, newGate] = [W_r, W_z, W_h].map((matrix) => (rows ? matrix : transposed(matrix)));
  const [hiddenSize, joinedSize] = reset!.shape as [number, number];
  return textbookGru({
    name,
    inputs,
    inputSize: joinedSize - hiddenSize,
    hiddenSize,
    resetWeight: reset!.data,
    updateWeight: update!.data,
    newWeight: newGate!.data,
    ...(b_r ? { resetBias: b_r.data } : {}),
    ...(b_z ? { updateBias: b_z.data } : {}),
    ...(b_h ? { newBias: b_h.data } : {}),
  });
}
