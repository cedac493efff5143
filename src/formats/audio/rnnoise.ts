// RNNoise's two networks, of their files' layers.

import type { LayerSpec } from "../../layers/index.js";
import { defineNetwork } from "../../model/defineNetwork.js";
import { type Network, NETWORK_INPUT } from "../../model/network.js";

/** A layer without its place in the network. */
export type RnnoiseLayer = LayerSpec extends infer Spec
  ? Spec extends LayerSpec
    ? Omit<Spec, "name" | "inputs">
    : never
  : never;

/**
 * The network of 2018: gains for 22 bands, and whether there is a voice, of 42 features.
 *
 * @param layers in the order of the file
 */
export function networkOf2018([inputDense, vad, noise, denoise, gains, voice]: readonly RnnoiseLayer[]): Network {
  return wire(
    [
      ["input_dense", inputDense, [NETWORK_INPUT]],
      ["vad_gru", vad, ["input_dense"]],
      ["noise_gru", noise, ["input_dense", "vad_gru", NETWORK_INPUT]],
      ["denoise_gru", denoise, ["vad_gru", "noise_gru", NETWORK_INPUT]],
      ["denoise_output", gains, ["denoise_gru"]],
      ["vad_output", voice, ["vad_gru"]],
    ],
    ["denoise_output", "vad_output"],
  );
}

/**
 * The network of 0.2: gains for 32 bands, and whether there is a voice, of 65 features.
 *
 * @param layers by name @param headInputs what both heads read
 */
export function networkOf02(layers: Readonly<Record<string, RnnoiseLayer>>, headInputs: readonly string[]): Network {
  const { conv1, conv2, gru1, gru2, gru3, dense_out: gains, vad_dense: voice } = layers;
  return wire(
    [
      ["conv1", conv1, [NETWORK_INPUT]],
      ["conv2", conv2, ["conv1"]],
      ["gru1", gru1, ["conv2"]],
      ["gru2", gru2, ["gru1"]],
      ["gru3", gru3, ["gru2"]],
      ["dense_out", gains, headInputs],
      ["vad_dense", voice, headInputs],
    ],
    ["dense_out", "vad_dense"],
  );
}

type Wired = readonly [name: string, layer: RnnoiseLayer | undefined, inputs: readonly string[]];

function wire(layers: readonly Wired[], outputs: readonly string[]): Network {
  const specs = layers.map(([name, layer, inputs]) => ({ ...layer, name, inputs }) as LayerSpec);
  const notes = ["RNNoise itself computes tanh and sigmoid from a table: its own results differ from exact ones."];
  return defineNetwork({ layers: specs, outputs, notes });
}
