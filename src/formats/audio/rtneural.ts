// RTNeural's JSON: layers in order, with the weights that Keras's get_weights() gives: kernels [inputs, outputs], gates z r h.
// https://github.com/jatinchowdhury18/RTNeural, python/model_utils.py and RTNeural/model_loader.h
//
// It always computes a GRU with the reset after the product and two biases, convolutions causally, and no activation of a
// recurrent layer but its own.

import { GruError } from "../../errors.js";
import type { ActivationSpec, ElementFunction, RowFunction } from "../../layers/activation.js";
import type { LayerSpec } from "../../layers/index.js";
import { defineNetwork } from "../../model/defineNetwork.js";
import { type Network, NETWORK_INPUT } from "../../model/network.js";
import { convertKernel, swapGates } from "../kernel.js";
import { quote } from "../quote.js";
import { rowMajor } from "../strided.js";
import type { Tensor } from "../tensor.js";
import { bad, checkShape, type JsonObject, listOf, objectOf, sizeOf, tensorOf } from "./jsonValue.js";

/** A layer of the file, and what is known of it before its weights are read. */
interface Entry {
  readonly json: JsonObject;
  readonly name: string;
  readonly inputSize: number;
  readonly outputSize: number;
}

/** What makes a layer of an entry. */
type Reader = (entry: Entry) => LayerSpec[];

const READERS: Readonly<Record<string, Reader>> = {
  dense: readDense,
  "time-distributed-dense": readDense,
  gru: readGru,
  lstm: readLstm,
  conv1d: readConv,
  prelu: readPrelu,
  batchnorm: readBatchNorm,
  activation: ({ json, name, outputSize }) => activationLayers(json, name, outputSize),
};

/** Activations by RTNeural's names. */
const ACTIVATIONS: Readonly<Record<string, ElementFunction | RowFunction>> = {
  "": "linear",
  tanh: "tanh",
  relu: "relu",
  sigmoid: "sigmoid",
  softmax: "softmax",
  elu: "elu",
};

/** Most layers to read: each costs pipelines and buffers. */
const MAX_LAYERS = 256;

/** Whether a file's JSON is RTNeural's. */
export function isRtneural(json: JsonObject): boolean {
  return "in_shape" in json && "layers" in json;
}

/** @throws GruError `bad-file`, `unsupported`, `shape-mismatch` */
export function networkOfRtneural(json: JsonObject): Network {
  const inputSize = lastSize(json["in_shape"], "in_shape");
  const entries = listOf(json["layers"], "layers");
  if (entries.length > MAX_LAYERS) throw bad("layers", `at most ${MAX_LAYERS} layers`, entries.length);
  const layers: LayerSpec[] = [];
  let size = inputSize;
  entries.forEach((entry, i) => {
    const at = `layers[${i}]`;
    const layer = objectOf(entry, at);
    const type = layer["type"];
    const read = typeof type === "string" && Object.hasOwn(READERS, type) ? READERS[type] : undefined;
    if (read === undefined) {
      const expected = `RTNeural's ${Object.keys(READERS).join(", ")}`;
      throw new GruError(
        "unsupported",
        `${at}: expected ${expected}, got ${quote(type)}; load the model it was made of`,
      );
    }
    const outputSize = lastSize(layer["shape"], `${at}.shape`);
    layers.push(
      ...read({ json: layer, name: `${String(type).replaceAll("-", "_")}_${i}`, inputSize: size, outputSize }),
    );
    size = outputSize;
  });
  const skip = skipLayers(json["in_skip"], layers, inputSize, size);
  return defineNetwork({ layers: [...layers, ...skip], notes: notesOf(json) });
}

/** The last size of a shape such as [null, null, 8]. */
function lastSize(shape: unknown, what: string): number {
  const list = listOf(shape, what);
  if (list.length > 3) {
    throw new GruError("unsupported", `${what}: expected at most 3 axes, got ${list.length}: a 2D convolution's`);
  }
  return sizeOf(list.at(-1), what);
}

/** AIDA-X's `in_skip`: the first so many features of the input are added to the output. */
function skipLayers(given: unknown, layers: readonly LayerSpec[], inputSize: number, outputSize: number): LayerSpec[] {
  if (given === undefined || given === 0) return [];
  if (given !== 1 || outputSize !== 1) {
    throw new GruError(
      "unsupported",
      `in_skip: expected 0, or 1 for an output of one, got ${quote(given)} for ${outputSize}`,
    );
  }
  const last = layers.at(-1)?.name ?? NETWORK_INPUT;
  return addedInput(last, inputSize, 1);
}

/** Layers that add the first `count` features of the input to those of the layer `last`. */
export function addedInput(last: string, inputSize: number, count: number): LayerSpec[] {
  const indices = Float32Array.from({ length: count }, (_, i) => i);
  const first: LayerSpec[] =
    inputSize === count
      ? []
      : [{ type: "rearrange", name: "skip_input", inputs: [NETWORK_INPUT], inputSize, outputSize: count, indices }];
  const residual = first[0]?.name ?? NETWORK_INPUT;
  return [...first, { type: "map", name: "skip", inputs: [last, residual], outputSize: count, operation: "add" }];
}

/** What a player applies beside the network. */
function notesOf(json: JsonObject): string[] {
  const { in_gain: input, out_gain: output } = json;
  const gains = [input, output].some((gain) => typeof gain === "number" && gain !== 0);
  return gains
    ? [
        `The file asks for gains of ${quote(input ?? 0)} dB before and ${quote(output ?? 0)} dB after the network: apply them to the sound.`,
      ]
    : [];
}

function weightsOf({ json, name }: Entry): Tensor[] {
  return listOf(json["weights"], `${name}.weights`).map((value, i) => tensorOf(value, `${name}.weights[${i}]`));
}

/** A layer's weights, of known shapes; the last one, a bias, may be left out. */
function takeWeights(entry: Entry, shapes: readonly (readonly number[])[]): (Tensor | undefined)[] {
  const weights = weightsOf(entry);
  if (weights.length > shapes.length || weights.length < shapes.length - 1) {
    throw bad(`${entry.name}.weights`, `${shapes.length} arrays`, weights.length);
  }
  weights.forEach((weight, i) => checkShape(weight, shapes[i]!, `${entry.name}.weights[${i}]`));
  return shapes.map((_, i) => weights[i]);
}

function activationOf(json: JsonObject, name: string): ActivationSpec<ElementFunction | RowFunction> {
  const given = json["activation"] ?? "";
  if (typeof given === "string" && Object.hasOwn(ACTIVATIONS, given)) return ACTIVATIONS[given]!;
  const expected = Object.keys(ACTIVATIONS).filter(Boolean).join(", ");
  throw new GruError("unsupported", `${name}.activation: expected ${expected}, got ${quote(given)}`);
}

/** The layer of an activation by itself; none for a linear one. */
function activationLayers(json: JsonObject, name: string, outputSize: number): LayerSpec[] {
  const activation = activationOf(json, name);
  if (activation === "linear") return [];
  if (activation !== "softmax") return [{ type: "map", name, outputSize, activation: activation as ElementFunction }];
  return [{ type: "reduce", name, inputShape: [outputSize], axes: [0], operation: "softmax" }];
}

function readDense(entry: Entry): LayerSpec[] {
  const { json, name, inputSize, outputSize } = entry;
  const [kernel, bias] = takeWeights(entry, [[inputSize, outputSize], [outputSize]]);
  const weight = convertKernel(kernel!, 1);
  const activation = activationOf(json, name);
  return [{ type: "dense", name, inputSize, outputSize, activation, weight, bias: bias?.values ?? null }];
}

/** A recurrent layer has Keras's activations, or says none. */
function checkRecurrent({ json, name }: Entry): void {
  const given = json["activation"] ?? "";
  if (given === "" || given === "tanh") return;
  throw new GruError(
    "unsupported",
    `${name}.activation: expected tanh, the only one that RTNeural computes, got ${quote(given)}`,
  );
}

function readGru(entry: Entry): LayerSpec[] {
  const { name, inputSize, outputSize: hiddenSize } = entry;
  checkRecurrent(entry);
  const gates = 3 * hiddenSize;
  const [kernel, recurrent, bias] = takeWeights(entry, [
    [inputSize, gates],
    [hiddenSize, gates],
    [2, gates],
  ]);
  const half = (start: number) => {
    if (bias === undefined) return null;
    const values = bias.values.slice(start, start + gates);
    swapGates(values, 1);
    return values;
  };
  return [
    {
      type: "gru",
      name,
      inputSize,
      hiddenSize,
      weight: convertKernel(kernel!, 3),
      recurrentWeight: convertKernel(recurrent!, 3),
      bias: half(0),
      recurrentBias: half(gates),
    },
  ];
}

function readLstm(entry: Entry): LayerSpec[] {
  const { name, inputSize, outputSize: hiddenSize } = entry;
  checkRecurrent(entry);
  const gates = 4 * hiddenSize;
  const [kernel, recurrent, bias] = takeWeights(entry, [[inputSize, gates], [hiddenSize, gates], [gates]]);
  const weights = { weight: convertKernel(kernel!, 4), recurrentWeight: convertKernel(recurrent!, 4) };
  return [{ type: "lstm", name, inputSize, hiddenSize, ...weights, bias: bias?.values ?? null }];
}

/** The kernel is [time, inputs / groups, outputs], the earliest step first. */
function readConv(entry: Entry): LayerSpec[] {
  const { json, name, inputSize, outputSize } = entry;
  const one = (key: string, usual?: number) => {
    const given = json[key] ?? usual;
    return sizeOf(Array.isArray(given) ? given.at(-1) : given, `${name}.${key}`);
  };
  const [timeKernelSize, timeDilation, groups] = [one("kernel_size"), one("dilation", 1), one("groups", 1)];
  const inputs = inputSize / groups;
  const [kernel, bias] = takeWeights(entry, [[timeKernelSize, inputs, outputSize], [outputSize]]);
  const weight = rowMajor(kernel!.values, [outputSize, inputs, timeKernelSize], [1, outputSize, inputs * outputSize]);
  const shape = { inputShape: [inputSize], outputChannels: outputSize, groups, timeKernelSize, timeDilation };
  const conv: LayerSpec = { type: "conv", name, ...shape, weight, bias: bias?.values ?? null };
  return [conv, ...activationLayers(json, `${name}_activation`, outputSize)];
}

/** Keras's weight is [1, features]. */
function readPrelu(entry: Entry): LayerSpec[] {
  const { name, outputSize } = entry;
  const [slopes] = takeWeights(entry, [[1, outputSize]]);
  if (slopes === undefined) throw bad(`${name}.weights`, "1 array", 0);
  return [{ type: "map", name, outputSize, operation: "prelu", operand: slopes.values }];
}

/** y = gamma (x - mean) / sqrt(variance + epsilon) + beta; without gamma and beta where there are two arrays. */
function readBatchNorm(entry: Entry): LayerSpec[] {
  const { json, name, outputSize } = entry;
  const weights = weightsOf(entry);
  if (weights.length !== 2 && weights.length !== 4) throw bad(`${name}.weights`, "2 or 4 arrays", weights.length);
  weights.forEach((weight, i) => checkShape(weight, [outputSize], `${name}.weights[${i}]`));
  const epsilon = json["epsilon"];
  if (typeof epsilon !== "number") throw bad(`${name}.epsilon`, "a number", epsilon);
  const [gamma, beta] = weights.length === 4 ? weights : [];
  const [mean, variance] = weights.slice(-2);
  const operand = variance!.values.map((value, i) => (gamma?.values[i] ?? 1) / Math.sqrt(value + epsilon));
  const bias = mean!.values.map((value, i) => (beta?.values[i] ?? 0) - value * operand[i]!);
  return [{ type: "map", name, outputSize, operation: "multiply", operand, bias }];
}
