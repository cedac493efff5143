import { GruError } from "../../errors.js";
import { RECURRENT_CLASSES } from "./cells.js";
import type { KerasLayer } from "./kerasLayer.js";
import type { KerasModel } from "./kerasModel.js";
import { frameSize, type KerasTensor } from "./tensor.js";

/** The shape of a model's input. */
export type ModelInput = Pick<KerasTensor, "shape" | "size" | "order" | "isSequence" | "numSteps" | "timePadding">;

/** @throws GruError `unsupported` for several inputs, `bad-file` for one whose frames have no size */
export function modelInput(model: KerasModel): ModelInput {
  const { layers } = model.topology;
  const inputs = layers.filter(({ className }) => className === "InputLayer");
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    const got = inputs.map(({ name }) => name).join(", ") || "none";
    throw new GruError("unsupported", `keras: expected one input, got ${got}`);
  }
  // [B, T, ...frame], or [B, features]; of indices [B, T].
  const given = input.inputShape?.slice(1) ?? [null, null];
  const areIndices = layers.some(({ className }) => className === "Embedding");
  const isSequence = areIndices || given.length === 2 || (given.length > 2 && hasTime(model));
  const numSteps = isSequence && typeof given[0] === "number" ? given[0] : null;
  const shape = areIndices ? [1] : frameShape(isSequence ? given.slice(1) : given, input, model);
  return { shape, size: frameSize(shape), order: null, isSequence, numSteps, timePadding: null };
}

function frameShape(given: readonly unknown[], { name }: KerasLayer, model: KerasModel): number[] {
  const shape = given.map((size, i) => (isSize(size) ? size : given.length === 1 && i === 0 ? firstRows(model) : null));
  if (shape.length > 0 && shape.every(isSize)) return shape;
  throw new GruError("bad-file", `layer "${name}": expected a shape that says the number of features, got none`);
}

function isSize(size: unknown): size is number {
  return Number.isSafeInteger(size) && (size as number) > 0;
}

/** Whether some layer of a model goes from step to step, or is applied to each. */
export function hasTime({ topology }: KerasModel): boolean {
  return topology.layers.some(({ className, isPerStep }) => isPerStep || RECURRENT_CLASSES.includes(className));
}

const WITH_KERNEL: readonly string[] = [...RECURRENT_CLASSES, "Dense"];

/** The number of rows of the first kernel, which are the features of the input. */
function firstRows(model: KerasModel): number | undefined {
  const first = model.topology.layers.find(({ className }) => WITH_KERNEL.includes(className));
  return first === undefined ? undefined : model.weightsOf(first)[0]?.tensor.shape[0];
}
