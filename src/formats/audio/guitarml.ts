// GuitarML's JSON, of Proteus, NeuralPi and SmartPedal: `model_data` says the sizes, `state_dict` has PyTorch's tensors of
// `rec`, an nn.LSTM, nn.GRU or nn.RNN, and of `lin`, an nn.Linear. With `skip` the first features of the input are added to the
// output. https://github.com/Alec-Wright/Automated-GuitarAmpModelling, CoreAudioML's networks.py, SimpleRNN

import { GruError } from "../../errors.js";
import type { LayerSpec } from "../../layers/index.js";
import { defineNetwork } from "../../model/defineNetwork.js";
import type { Network } from "../../model/network.js";
import { quote } from "../quote.js";
import { bad, checkShape, type JsonObject, objectOf, sizeOf, tensorOf } from "./jsonValue.js";
import { addedInput } from "./rtneural.js";

/** Layer types, and how many gates they have. */
const UNITS = { LSTM: ["lstm", 4], GRU: ["gru", 3], RNN: ["rnn", 1] } as const;

const MAX_LAYERS = 64;

/** Whether a file's JSON is GuitarML's. */
export function isGuitarml(json: JsonObject): boolean {
  return "model_data" in json && "state_dict" in json;
}

/** @throws GruError `bad-file`, `unsupported`, `shape-mismatch` */
export function networkOfGuitarml(json: JsonObject): Network {
  const data = objectOf(json["model_data"], "model_data");
  const tensors = objectOf(json["state_dict"], "state_dict");
  const { model = "SimpleRNN", unit_type: unit, skip = 0 } = data;
  if (model !== "SimpleRNN") throw unsupported("model", "SimpleRNN", model);
  if (typeof unit !== "string" || !Object.hasOwn(UNITS, unit)) throw unsupported("unit_type", Object.keys(UNITS), unit);
  const size = (key: string, usual?: number) => sizeOf(data[key] ?? usual, `model_data.${key}`);
  const [inputSize, hiddenSize, outputSize] = [size("input_size", 1), size("hidden_size"), size("output_size", 1)];
  const numLayers = size("num_layers", 1);
  if (numLayers > MAX_LAYERS) throw bad("model_data.num_layers", `at most ${MAX_LAYERS}`, numLayers);
  const [type, numGates] = UNITS[unit as keyof typeof UNITS];
  const rows = numGates * hiddenSize;
  const left = new Set(Object.keys(tensors));
  const take = (name: string, shape: readonly number[]) => {
    left.delete(name);
    const tensor = tensorOf(tensors[name], `state_dict["${name}"]`);
    checkShape(tensor, shape, `state_dict["${name}"]`);
    return tensor.values;
  };
  const optional = (name: string, shape: readonly number[]) => (name in tensors ? take(name, shape) : null);
  const layers = Array.from({ length: numLayers }, (_, layer): LayerSpec => {
    const columns = layer === 0 ? inputSize : hiddenSize;
    return {
      type,
      name: `rec.l${layer}`,
      inputSize: columns,
      hiddenSize,
      weight: take(`rec.weight_ih_l${layer}`, [rows, columns]),
      recurrentWeight: take(`rec.weight_hh_l${layer}`, [rows, hiddenSize]),
      bias: optional(`rec.bias_ih_l${layer}`, [rows]),
      recurrentBias: optional(`rec.bias_hh_l${layer}`, [rows]),
    };
  });
  const weight = take("lin.weight", [outputSize, hiddenSize]);
  const bias = optional("lin.bias", [outputSize]);
  layers.push({ type: "dense", name: "lin", inputSize: hiddenSize, outputSize, weight, bias });
  if (skip !== 0 && skip !== false) layers.push(...skipLayers(skip, inputSize, outputSize));
  const [other] = left;
  if (other !== undefined) throw bad("state_dict", `only tensors of rec, ${numLayers} layers, and lin`, other);
  return defineNetwork({ layers });
}

/** PyTorch would spread one feature over several outputs; no such model is known. */
function skipLayers(skip: unknown, inputSize: number, outputSize: number): LayerSpec[] {
  const count = Number(skip);
  if (count === outputSize && count <= inputSize) return addedInput("lin", inputSize, count);
  throw unsupported("skip", `0, or ${outputSize} as output_size`, skip);
}

function unsupported(key: string, expected: string | readonly string[], got: unknown): GruError {
  const words = typeof expected === "string" ? expected : expected.join(", ");
  return new GruError(
    "unsupported",
    `model_data.${key}: expected ${words}, got ${quote(got)}; load the PyTorch state_dict by a description`,
  );
}
