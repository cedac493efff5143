import { GruError } from "../../errors.js";
import { RECURRENT_CLASSES } from "./cells.js";
import type { KerasLayer } from "./kerasLayer.js";
import type { KerasModel } from "./kerasModel.js";
import { frameSize, type KerasTensor } from "./tensor.js";

/** One of a model's inputs. */
export interface ModelInput extends Pick<
  KerasTensor,
  "shape" | "size" | "order" | "isSequence" | "numSteps" | "timePadding"
> {
  readonly name: string;
  /** Where an embedding reads it, the indices that it may be; else null. */
  readonly numIndices: number | null;
}

/** Limit of a model's inputs: each costs a layer. */
const MAX_MODEL_INPUTS = 64;

/** @throws GruError `unsupported` for no input or too many, or sequences of different lengths; `bad-file` for one whose frames have no size */
export function modelInputs(model: KerasModel): ModelInput[] {
  const { layers, inputs } = model.topology;
  if (inputs.length === 0 || inputs.length > MAX_MODEL_INPUTS) {
    throw new GruError("unsupported", `keras: expected 1 to ${MAX_MODEL_INPUTS} inputs, got ${inputs.length}`);
  }
  const read = inputs.map((name) =>
    modelInput(
      layers.find((layer) => layer.name === name)!,
      model,
      inputs.length === 1,
    ),
  );
  const steps = new Set(read.flatMap(({ numSteps }) => numSteps ?? []));
  if (steps.size <= 1) return read;
  throw new GruError("unsupported", `keras: expected inputs of as many steps each, got ${[...steps].join(" and ")}`);
}

function modelInput(input: KerasLayer, model: KerasModel, isOnly: boolean): ModelInput {
  const { name } = input;
  const { layers } = model.topology;
  const tables = layers.filter(
    ({ className, inputs }) => className === "Embedding" && (isOnly || inputs.includes(name)),
  );
  const areIndices = tables.length > 0;
  // [B, T, ...frame], or [B, features]; of indices [B, T], or [B, 1] beside sequences.
  const given = input.inputShape?.slice(1) ?? [null, null];
  const isOneIndex = areIndices && !isOnly && given[0] === 1;
  const isSequence = (areIndices && !isOneIndex) || given.length === 2 || (given.length > 2 && hasTime(model));
  const numSteps = isSequence && typeof given[0] === "number" ? given[0] : null;
  const shape = areIndices ? [1] : frameShape(isSequence ? given.slice(1) : given, input, model);
  const numIndices = areIndices ? Math.min(...tables.map(({ config }) => config.size("input_dim"))) : null;
  return { name, numIndices, shape, size: frameSize(shape), order: null, isSequence, numSteps, timePadding: null };
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
