// States of Keras's recurrent layers among a model's inputs and outputs, and the two parts of a graph for training.

import { createModel, loadModel, type Network } from "webgru";
import { parseKeras } from "webgru/keras";
import { describe, expect, it } from "vitest";
import { readFixture } from "../files/fixtureFiles.js";
import {
  gruLayer,
  inputLayer,
  jsonBytes,
  type LayerParts,
  type LayersModel,
  layersModel,
} from "../files/layersModelFile.js";
import { expectRefusal } from "../harness/refusal.js";

const input = (name: string, size = 3) => ({
  class_name: "InputLayer",
  config: { name, batch_input_shape: [null, null, size] },
});
const stateInput = (name: string) => ({ class_name: "InputLayer", config: { name, batch_input_shape: [null, 2] } });
const encoder = gruLayer(3, { name: "encoder", return_state: true, return_sequences: false }, ["source"]);
const decoder = gruLayer(3, { name: "decoder" }, ["target"]);

/** A tensor in Keras 3's form. */
const tensor = (name: string) => ({
  class_name: "__keras_tensor__",
  config: { shape: [null, null], dtype: "float32", keras_history: [name, 0, 0] },
});

/** Makes layers begin with tensors: [layer, node, tensor] by layer. */
function begin(states: Record<string, readonly (readonly [string, number, number])[]>) {
  return ({ modelTopology: { config } }: LayersModel) => {
    for (const layer of config["layers"] as Record<string, unknown>[]) {
      const own = states[String(layer["name"])] ?? [];
      const [node = []] = layer["inbound_nodes"] as unknown[][];
      layer["inbound_nodes"] = own.length > 0 ? [[...node, ...own.map((ref) => [...ref, {}])]] : layer["inbound_nodes"];
    }
  };
}

async function parse(
  layers: readonly LayerParts[],
  outputs: readonly string[],
  change: (json: LayersModel) => unknown = () => {},
  part?: "encoder" | "decoder",
): Promise<Network> {
  const { json, files } = layersModel(layers, outputs);
  change(json);
  return parseKeras(jsonBytes(json), { files, part });
}

describe("an encoder and a decoder of one file", () => {
  it.each(["training_lstm", "training_gru"])("hand on the state by the names that the notes tell: %s", async (name) => {
    const [first, second] = [readFixture(`tfjs_${name}_encoder`), readFixture(`tfjs_${name}_decoder`)];
    const load = ({ bytes, files }: typeof first, part: "encoder" | "decoder") =>
      loadModel(bytes!, { files, part, device: "cpu" });
    const [from, to] = [await load(first, "encoder"), await load(second, "decoder")];
    const { batchSize, input: source } = first.fixture;
    const { finalStates } = await from.run(source, { batchSize });
    const notes = from.notes.join("\n");
    const initialState = Object.fromEntries(
      Object.keys(to.stateShapes).map((path) => {
        const block = path.split(".").at(-1);
        const [, end] = new RegExp(`"([^"]+)" is the state ${block} of "encoder"; "decoder" begins with it`).exec(
          notes,
        )!;
        return [path, finalStates[end!]!];
      }),
    );
    expect(to.notes.join("\n")).toContain('"decoder.h" is the state h of "encoder"');
    // Pushed, step by step.
    const stream = to.createStream({ batchSize, initialState });
    const { input: target, outputs, tolerance } = second.fixture;
    const outputsOfPushes: number[] = [];
    const step = batchSize * to.inputSize;
    for (let at = 0; at < target.length; at += step) {
      outputsOfPushes.push(...(await stream.push(target.slice(at, at + step))));
    }
    const [expected] = Object.values(outputs!);
    expect(outputsOfPushes).toHaveLength(expected!.length);
    outputsOfPushes.forEach((value, i) => expect(Math.abs(value - expected![i]!)).toBeLessThanOrEqual(tolerance));
  });

  it("tell how joined states lie", async () => {
    const { bytes } = readFixture("keras_v3_training_decoder");
    const { notes } = await parseKeras(bytes!, { part: "decoder" });
    expect(notes.at(-1)).toBe(
      'Layer "decoder" begins with initialState, an option of run and of streams: "decoder.h" is the state forward h of "encoder", ' +
        'then the state backward h of "encoder", "decoder.c" is the state forward c of "encoder", then the state backward c of "encoder".',
    );
    const { notes: own } = await parseKeras(bytes!, { part: "encoder" });
    expect(own.slice(1)).toEqual(
      [
        '"encoder.inner.steps.h" (forward) is the state forward h',
        '"encoder.inner.steps.h" (backward) is the state backward h',
        '"encoder.inner.steps.c" (forward) is the state forward c',
        '"encoder.inner.steps.c" (backward) is the state backward c',
      ].map((state) => `In finalStates, ${state} of "encoder"; "decoder" begins with it.`),
    );
  });
});

describe("a state of a model", () => {
  const h = stateInput("h_in");

  it("is the caller's, where it is an input", async () => {
    const network = await parse([input("target"), h, decoder], ["decoder"], begin({ decoder: [["h_in", 0, 0]] }));
    expect(network.inputSize).toBe(3);
    expect(network.notes).toContain(
      'Layer "decoder" begins with initialState, an option of run and of streams: "decoder.h" is the input "h_in".',
    );
    const model = await createModel(network, { device: "cpu" });
    const [one, zero] = [[0.5, -0.25], undefined].map((state) =>
      model.run([1, 2, 3], state && { initialState: { "decoder.h": state } }),
    );
    expect((await one!).output).not.toEqual((await zero!).output);
  });

  it("is a keyword of Keras 3's call, in a list or by itself", async () => {
    for (const states of [tensor("h_in"), [tensor("h_in")]]) {
      const network = await parse([input("target"), h, decoder], ["decoder"], ({ modelTopology: { config } }) => {
        const [, , layer] = config["layers"] as Record<string, unknown>[];
        layer!["inbound_nodes"] = [{ args: [tensor("target")], kwargs: { initial_state: states, mask: null } }];
      });
      expect(network.notes.at(-1)).toMatch(/"decoder.h" is the input "h_in"/);
    }
  });

  it("is in finalStates, where it is an output beside others", async () => {
    const steps = gruLayer(3, { name: "encoder", return_state: true }, ["source"]);
    const network = await parse([input("source"), steps], ["encoder"], ({ modelTopology: { config } }) => {
      config["output_layers"] = [
        ["encoder", 0, 1],
        ["encoder", 0, 0],
      ];
    });
    expect(network.layers.map(({ type }) => type)).toEqual(["gru"]);
    expect(network.notes.at(-1)).toMatch(/^In finalStates, "encoder.\d.h" is the state h of "encoder"\.$/);
  });
});

describe("states, refused", () => {
  const linked = begin({ decoder: [["encoder", 0, 1]] });
  const pair = [input("source"), input("target"), encoder, decoder];
  const lstm: LayerParts = {
    class_name: "LSTM",
    config: { name: "lstm", units: 2, recurrent_activation: "sigmoid", return_state: true },
    weights: { kernel: [3, 8], recurrent_kernel: [2, 8], bias: [8] },
    inputs: ["source"],
  };
  const dense = { class_name: "Dense", config: { name: "dense", units: 2 }, weights: { kernel: [2, 2], bias: [2] } };
  const CASES: Record<string, { make: () => Promise<Network>; message: string }> = {
    "of a graph of two parts, where the caller names none": {
      make: () => parse(pair, ["decoder"], linked),
      message:
        'keras: expected a model of one sequence, got layer "decoder", which begins with the state h of "encoder"; load the ' +
        'file twice, with the option part "encoder" and part "decoder"',
    },
    "of a part of a graph without parts": {
      make: () => parse([inputLayer(), gruLayer(3, {}, ["input"])], ["gru"], () => {}, "encoder"),
      message: 'part: expected none, since no layer of the model begins with the states of another, got "encoder"',
    },
    "of a decoder that reads the encoder's steps": {
      make: () =>
        parse(
          [
            input("source"),
            input("target"),
            gruLayer(3, { name: "encoder", return_state: true }, ["source"]),
            decoder,
            { class_name: "Add", config: { name: "sum" }, inputs: ["decoder", "encoder"] },
          ],
          ["sum"],
          linked,
          "decoder",
        ),
      message:
        'part: expected the decoder to read nothing of the encoder but its states, got layers after "encoder" in both',
    },
    "of an input that is a state and more": {
      make: () => parse([input("target"), decoder], ["decoder"], begin({ decoder: [["target", 0, 0]] })),
      message: 'input "target": expected to be read as a state alone, got another layer too',
    },
    "of too many states": {
      make: () =>
        parse(
          [input("target"), stateInput("h_in"), decoder],
          ["decoder"],
          begin({
            decoder: [
              ["h_in", 0, 0],
              ["h_in", 0, 0],
            ],
          }),
        ),
      message: 'layer "decoder": expected 1 states to begin with, got 2',
    },
    "of a layer without return_state": {
      make: () =>
        parse([inputLayer(), gruLayer(3, {}, ["input"])], ["gru"], ({ modelTopology: { config } }) => {
          config["output_layers"] = [["gru", 0, 1]];
        }),
      message:
        'keras: expected the first tensor of each layer, or the h of a recurrent layer with return_state, got "gru:1"',
    },
    "of a cell that a layer reads": {
      make: () =>
        parse([input("source"), lstm, { ...dense, inputs: ["lstm"] }], ["dense"], ({ modelTopology: { config } }) => {
          const [, , layer] = config["layers"] as Record<string, unknown>[];
          layer!["inbound_nodes"] = [[["lstm", 0, 2, {}]]];
        }),
      message:
        'keras: expected the first tensor of each layer, or the h of a recurrent layer with return_state, got "lstm:2"',
    },
    "of constants beside the states": {
      make: () =>
        parse(
          [input("target"), stateInput("h_in"), { ...decoder, config: { ...decoder.config, num_constants: 1 } }],
          ["decoder"],
          begin({ decoder: [["h_in", 0, 0]] }),
        ),
      message: 'layer "decoder": expected num_constants to be null, got 1',
    },
    "of an output of a layer that is not there": {
      make: () =>
        parse(pair, ["decoder"], (json) => {
          begin({ decoder: [["nothing", 0, 1]] })(json);
        }),
      message: 'layer "decoder": expected to read layers of the model, got "nothing"',
    },
  };
  for (const [name, { make, message }] of Object.entries(CASES)) {
    it(`for ${name}`, async () => {
      await expectRefusal(make, message.includes('nothing"') ? "bad-file" : "unsupported", message);
    });
  }
});
