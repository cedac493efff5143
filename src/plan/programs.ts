// Operations of shaders/network_step.wgsl for the layer types that it can run; a network with another type has no program.

import { paddedSize } from "../kernels/kernelSpec.js";
import { NO_CLIP } from "../kernels/stepSpec.js";
import { isRowFunction, LINEAR } from "../layers/activation.js";
import type { DenseLayer } from "../layers/dense.js";
import type { EmbeddingLayer } from "../layers/embedding.js";
import type { GruLayer } from "../layers/gru.js";
import type { Layer } from "../layers/index.js";
import type { Programmer } from "./programmer.js";

/** Adds a layer's operations to a program. */
export type LayerProgram = (layer: Layer, programmer: Programmer) => void;

/** By layer type. */
export const PROGRAMS: Partial<Record<Layer["type"], LayerProgram>> = {
  embedding: embeddingProgram as LayerProgram,
  dense: denseProgram as LayerProgram,
  gru: gruProgram as LayerProgram,
};

function embeddingProgram({ name, embeddingSize: size }: EmbeddingLayer, programmer: Programmer): void {
  const vec4s = paddedSize(size) / 4;
  const weight = programmer.weight(`${name}.weight`);
  programmer.add({
    kind: "embedding",
    vec4s,
    result: programmer.give(name, size),
    size,
    weight,
    bias: programmer.bias(`${name}.scale`),
  });
}

function denseProgram(
  { name, inputs, inputSize, outputSize: size, activation }: DenseLayer,
  programmer: Programmer,
): void {
  const { name: f, alpha, beta } = activation;
  const source = programmer.gather(inputs);
  const result = programmer.give(name, size);
  programmer.add({
    kind: "dense",
    source,
    vec4s: paddedSize(inputSize) / 4,
    result,
    size,
    weight: programmer.weight(`${name}.weight`),
    bias: programmer.bias(`${name}.bias`),
    biasRows: paddedSize(size),
    activation: isRowFunction(f) ? LINEAR : { name: f, alpha, beta },
    flop: 2 * size * inputSize,
  });
  if (isRowFunction(f)) programmer.add({ kind: f, result, size });
}

function gruProgram(layer: GruLayer, programmer: Programmer): void {
  const { name, inputs, inputSize, hiddenSize: size, resetAfter, gateActivation, newActivation, clip } = layer;
  const source = programmer.gather(inputs);
  const result = programmer.give(name, size);
  programmer.takeGates(3 * size);
  programmer.add({
    kind: resetAfter ? "gruAfter" : "gruBefore",
    name,
    source,
    vec4s: paddedSize(inputSize) / 4,
    result,
    size,
    weight: programmer.weight(`${name}.weight`),
    bias: programmer.bias(`${name}.bias`),
    biasRows: paddedSize(3 * size),
    recurrentWeight: programmer.weight(`${name}.recurrentWeight`),
    recurrentBias: programmer.bias(`${name}.recurrentBias`),
    state: programmer.state(name),
    activation: gateActivation,
    newActivation,
    clip: clip ?? NO_CLIP,
    flop: 6 * size * (inputSize + size),
  });
}
