// Writes a network as an ONNX model.

import { GruError } from "../../errors.js";
import { EVERY_STEP, isSameCadence, stepsFor } from "../../layers/cadence.js";
import { type Layer, layerOutputSize, stateBlocks } from "../../layers/index.js";
import { checkBoolean, checkOptions } from "../../model/checkOptions.js";
import { defineNetwork } from "../../model/defineNetwork.js";
import {
  cadencesOf,
  isStepByStep,
  layerNamed,
  needsEnd,
  type Network,
  NETWORK_INPUT,
  sequencesOf,
} from "../../model/network.js";
import {
  writeAggregate,
  writeAttention,
  writeDense,
  writeEmbedding,
  writeFlatten,
  writeLast,
  writeMap,
  writeNorm,
  writeRearrange,
  writeReduce,
} from "./frameLayers.js";
import { GraphBuilder, type Value } from "./graphBuilder.js";
import { type LayerContext, noForm } from "./layerWriter.js";
import { writeRecurrent } from "./recurrentLayers.js";
import { writeConv, writePool } from "./windowLayers.js";

/** Options of writing an ONNX model. */
export interface WriteOnnxOptions {
  /** Whether states are inputs and outputs of the graph, to be fed back: `gru.h` from `gru.h_out`. False when absent. */
  readonly streaming?: boolean;
}

/** Largest model in one file: protobuf's limit. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * A network as an ONNX model of opset 17, with the input `input`, [time, batch, features] or indices [time, batch], and outputs by
 * their layers' names, [time, batch, features], of one step where a layer sums a sequence up. Weights are float32.
 *
 * @param network a model's `network`, or the result of `defineNetwork` or `parseModel`
 * @throws GruError `unsupported` for what ONNX has no form for, by the layer's name; `limit-exceeded` above 2 GB
 */
export function writeOnnx(network: Network, options: WriteOnnxOptions = {}): Uint8Array<ArrayBuffer> {
  const { streaming = false } = checkOptions(options, ["streaming"]);
  checkBoolean("streaming", streaming);
  const checked = defineNetwork(network);
  checkForm(checked, streaming);
  const numBytes = 4 * checked.layers.reduce((sum, layer) => sum + numbersOf(layer), 0);
  if (numBytes > MAX_BYTES) {
    throw new GruError("limit-exceeded", `onnx: expected weights of at most ${MAX_BYTES} bytes, got ${numBytes}`);
  }
  return new NetworkWriter(checked, streaming).write();
}

function numbersOf(layer: Layer): number {
  return Object.values(layer).reduce((sum, value) => sum + (value instanceof Float32Array ? value.length : 0), 0);
}

/** @throws GruError `unsupported` */
function checkForm(network: Network, isStreaming: boolean): void {
  const carry = network.layers.find(({ type }) => type === "carry");
  if (carry !== undefined && !isStreaming) {
    throw noForm(carry, "a value of the step before in a graph of all steps; write one with states, streaming");
  }
  const end = needsEnd(network);
  if (isStreaming && (end !== null || network.reversesInput)) {
    const [layer, reason] = end === null ? ["the model", "reversesInput"] : [`layer "${end.layer.name}"`, end.reason];
    throw new GruError("unsupported", `${layer}: expected one that streams, got ${reason}; write it without streaming`);
  }
}

/** The one number of steps that a network takes; null where it takes several. */
function onlySteps({ layers }: Network): number | null {
  for (const layer of layers) {
    if (layer.type !== "flatten") continue;
    const cadence = cadencesOf(layers).get(layer.inputs[0]!)!;
    if (cadence.stride === 1) return stepsFor(cadence, layer.sequenceLength);
  }
  return null;
}

/** Writes one network. */
class NetworkWriter {
  readonly #network: Network;
  readonly #isStreaming: boolean;
  readonly #graph = new GraphBuilder();
  /** Values of the layers, and of the input. */
  readonly #values = new Map<string, Value>();
  /** States after the last step, by block. */
  readonly #states = new Map<string, Value>();

  constructor(network: Network, isStreaming: boolean) {
    this.#network = network;
    this.#isStreaming = isStreaming;
  }

  write(): Uint8Array<ArrayBuffer> {
    const { layers, inputType, inputSize, reversesInput, outputs } = this.#network;
    const isIndices = inputType === "indices";
    const time = isStepByStep(this.#network) ? 1 : (onlySteps(this.#network) ?? "time");
    const shape = isIndices ? [time, "batch"] : [time, "batch", inputSize];
    const input = this.#graph.input(NETWORK_INPUT, shape, isIndices);
    this.#values.set(NETWORK_INPUT, reversesInput ? this.#reversed(input) : input);
    for (const layer of layers) {
      this.#graph.begin(layer.name);
      this.#values.set(layer.name, this.#writeLayer(layer));
    }
    for (const layer of layers) {
      if (layer.type === "carry") this.#states.set(`${layer.name}.carried`, this.#values.get(layer.next)!);
    }
    const sequences = sequencesOf(layers);
    for (const name of outputs) {
      const cadence = sequences.get(name);
      const steps = cadence === undefined ? 1 : isSameCadence(cadence, EVERY_STEP) ? time : `${name}_time`;
      const size = layerOutputSize(layerNamed(this.#network, name));
      this.#graph.output(this.#values.get(name)!, name, [steps, "batch", size]);
    }
    if (this.#isStreaming) this.#writeStates();
    return this.#graph.bytes();
  }

  #reversed(input: Value): Value {
    const graph = this.#graph;
    const places = [graph.ints(-1), graph.ints(-Number.MAX_SAFE_INTEGER), graph.ints(0), graph.ints(-1)];
    return graph.node("Slice", [input, ...places]);
  }

  #writeStates(): void {
    for (const layer of this.#network.layers) {
      for (const { name, numDirections, size } of stateBlocks(layer)) {
        const block = `${layer.name}.${name}`;
        this.#graph.output(this.#states.get(block)!, `${block}_out`, [numDirections, "batch", size]);
      }
    }
  }

  #writeLayer(layer: Layer): Value {
    const graph = this.#graph;
    const inputs = layer.inputs.map((name) => this.#values.get(name)!);
    const input = inputs.length > 1 ? graph.node("Concat", inputs, { axis: 2 }) : inputs[0]!;
    const context: LayerContext = {
      graph,
      input,
      isStreaming: this.#isStreaming,
      state: (block) => this.#stateInput(layer, block),
      keep: (block, value) => this.#states.set(`${layer.name}.${block}`, value),
    };
    if (layer.type === "last" && layer.block !== null) return this.#blockOf(layer.inputs[0]!, layer.block);
    return writeLayer(layer, context);
  }

  /** A block of another layer's state after the last step, [D, B, size], as a frame. */
  #blockOf(layer: string, block: string): Value {
    const value = this.#states.get(`${layer}.${block}`)!;
    const size = layerOutputSize(layerNamed(this.#network, layer));
    return this.#graph.reshape(this.#graph.transpose(value, 1, 0, 2), 1, -1, size);
  }

  #stateInput(layer: Layer, block: string): Value {
    const { numDirections, size } = stateBlocks(layer).find(({ name }) => name === block)!;
    return this.#graph.input(`${layer.name}.${block}`, [numDirections, "batch", size]);
  }
}

function writeLayer(layer: Layer, context: LayerContext): Value {
  switch (layer.type) {
    case "embedding":
      return writeEmbedding(layer, context);
    case "dense":
      return writeDense(layer, context);
    case "gru":
    case "lstm":
    case "rnn":
      return writeRecurrent(layer, context);
    case "conv":
      return writeConv(layer, context);
    case "pool":
      return writePool(layer, context);
    case "norm":
      return writeNorm(layer, context);
    case "map":
      return writeMap(layer, context);
    case "reduce":
      return writeReduce(layer, context);
    case "rearrange":
      return writeRearrange(layer, context);
    case "last":
      return writeLast(layer, context);
    case "aggregate":
      return writeAggregate(layer, context);
    case "attention":
      return writeAttention(layer, context);
    case "flatten":
      return writeFlatten(layer, context);
    case "carry":
      return context.state("carried");
  }
}
