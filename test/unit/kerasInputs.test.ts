// Keras models with several inputs: each by its name, or beside each other.

import { createModel, defineNetwork, type GruModel, parseModel } from "webgru";
import { parseKeras } from "webgru/keras";
import { writeSafetensors } from "webgru/safetensors";
import { describe, expect, it } from "vitest";
import type { Fixture } from "../files/fixture.js";
import { readFixture } from "../files/fixtureFiles.js";
import {
  denseLayer,
  gruLayer,
  jsonBytes,
  type LayerParts,
  type LayersModel,
  layersModel,
} from "../files/layersModelFile.js";
import { expectRefusal } from "../harness/refusal.js";

const CASES = ["notes_times", "masked", "once", "features"].map((name) => `tfjs_inputs_${name}`);

async function load(name: string): Promise<{ model: GruModel; fixture: Fixture }> {
  const { fixture, bytes, files } = readFixture(name);
  return { model: await createModel(await parseKeras(bytes!, { files }), { device: "cpu" }), fixture };
}

/** The parts of an input, [T, B, size] of each; [B, size] of one that is the same in all steps. */
function split({ inputs, inputSize }: GruModel, input: readonly number[], numRows: number): Record<string, number[]> {
  let column = 0;
  return Object.fromEntries(
    inputs.map(({ name, size, isStatic }) => {
      const first = column;
      column += size;
      const own = input.filter((_, i) => i % inputSize >= first && i % inputSize < first + size);
      return [name, isStatic ? own.slice(0, numRows * size) : own];
    }),
  );
}

describe("a model with several inputs", () => {
  it.each(CASES)("takes each by its name: %s", async (name) => {
    const { model, fixture } = await load(name);
    const { input, batchSize } = fixture;
    const named = split(model, input, batchSize);
    const { outputs, finalState } = await model.run(named, { batchSize });
    const flat = await model.run(input, { batchSize });
    expect({ outputs, finalState }).toEqual({ outputs: flat.outputs, finalState: flat.finalState });
  });

  it("takes them so in a stream, one step or several", async () => {
    const { model, fixture } = await load("tfjs_inputs_notes_times");
    const { input, batchSize, outputs } = fixture;
    const stream = model.createStream({ batchSize });
    const { notes, times } = split(model, input, batchSize) as { notes: number[]; times: number[] };
    const step = (from: number, to: number) => ({
      times: times.slice(from * batchSize, to * batchSize),
      notes: notes.slice(from * batchSize, to * batchSize),
    });
    const pushed = [...(await stream.push(step(0, 1))), ...(await stream.push(step(1, 6)))];
    pushed.forEach((value, i) => expect(Math.abs(value - outputs!["note"]![i]!)).toBeLessThan(2e-6));
    expect(Object.keys(await stream.pushNamed(step(0, 1)))).toEqual(["note", "time"]);
  });

  it("says what they are, and a model file keeps it", async () => {
    const { model } = await load("tfjs_inputs_once");
    expect(model.inputs).toEqual([
      { name: "sound", size: 4, numIndices: null, isStatic: false },
      { name: "person", size: 3, numIndices: null, isStatic: true },
      { name: "place", size: 1, numIndices: 9, isStatic: true },
    ]);
    expect(model.notes).toContain(
      'The input is "sound", 4 numbers; "person", 3 numbers, the same in all steps; "place", an index, the same in all steps: ' +
        "by these names, or beside each other in this order.",
    );
    const again = await parseModel(writeSafetensors(model.network));
    expect(again.inputs).toEqual(model.inputs);
  });

  it("has them in the order of the model, also where that has names for them", async () => {
    const layers = [inputOf("b"), inputOf("a"), joined(["b", "a"]), gruLayer(6, {}, ["joined"])];
    for (const listed of [
      [
        ["a", 0, 0],
        ["b", 0, 0],
      ],
      { a: ["a", 0, 0], b: ["b", 0, 0] },
    ]) {
      const { inputs } = await parse(
        layers,
        ["gru"],
        ({ modelTopology: { config } }) => (config["input_layers"] = listed),
      );
      expect(inputs!.map(({ name }) => name)).toEqual(["a", "b"]);
    }
  });
});

describe("several inputs, refused", () => {
  it("by their names and sizes", async () => {
    const { model } = await load("tfjs_inputs_notes_times");
    const cases: [Record<string, unknown>, "shape-mismatch" | "bad-input", string | RegExp][] = [
      [{ notes: [1] }, "shape-mismatch", 'input: expected "notes", "times", got "notes"'],
      [{ notes: [1], time: [1] }, "shape-mismatch", 'input: expected "notes", "times", got "notes", "time"'],
      [{ notes: [1, 2], times: [1] }, "shape-mismatch", 'input "times": expected [2, 1, 1], got 1 numbers'],
      [{ notes: [], times: [] }, "shape-mismatch", /^input: expected a positive multiple of 2 elements/],
      [{ notes: [1], times: "1" }, "shape-mismatch", /^input "times": expected /],
      [{ notes: [1], times: [9] }, "bad-input", 'input: expected an index in [0, 9) for "times", got 9 at element 1'],
      [
        { notes: [0.5], times: [1] },
        "bad-input",
        'input: expected an index in [0, 9) for "notes", got 0.5 at element 0',
      ],
    ];
    for (const [given, code, message] of cases) await expectRefusal(() => model.run(given as never), code, message);
    const message = 'input: expected an index in [0, 9) for "times", got -1 at element 3';
    await expectRefusal(() => model.run([1, 2, 3, -1]), "bad-input", message);
  });

  it("where a row has no whole number of steps", async () => {
    const { model } = await load("tfjs_inputs_features");
    const message = 'input "right": expected [T, 1, 2], got 3 numbers';
    await expectRefusal(() => model.run({ left: [1, 2, 3], right: [1, 2, 3] }), "shape-mismatch", message);
  });

  it("by name, of a model with one", async () => {
    const { layers } = await parse([inputOf("a"), gruLayer(3, {}, ["a"])], ["gru"]);
    const model = await createModel(defineNetwork({ layers }), { device: "cpu" });
    await expectRefusal(() => model.run({ a: [1, 2, 3] }), "shape-mismatch", /^input: expected /);
  });

  it("as parts that a network cannot have", async () => {
    const { layers } = await parse([inputOf("a"), gruLayer(3, {}, ["a"])], ["gru"]);
    const part = { name: "a", size: 3, numIndices: null, isStatic: false };
    const message = "network inputs: expected 3 numbers in all, got 6";
    await expectRefusal(
      () => defineNetwork({ layers, inputs: [part, { ...part, name: "b" }] }),
      "shape-mismatch",
      message,
    );
    await expectRefusal(
      () => defineNetwork({ layers, inputs: [part, part] }),
      "unsupported",
      /^network inputs: expected parts/,
    );
    const odd = { ...part, size: 1.5 };
    await expectRefusal(
      () => defineNetwork({ layers, inputs: [odd] }),
      "unsupported",
      /^network inputs: expected parts/,
    );
  });

  it("with sequences of different lengths", async () => {
    const layers = [inputOf("a", 4), inputOf("b", 5), joined(["a", "b"])];
    const message = "keras: expected inputs of as many steps each, got 4 and 5";
    await expectRefusal(() => parse(layers, ["joined"]), "unsupported", message);
  });

  it("with an index that no embedding reads first", async () => {
    const table = {
      class_name: "Embedding",
      config: { name: "table", input_dim: 4, output_dim: 2 },
      weights: { embeddings: [4, 2] },
    };
    const layers = [inputOf("a"), inputOf("b"), denseLayer(3, { units: 1 }, ["a"]), { ...table, inputs: ["dense"] }];
    const call = () => parse([...layers, { ...joined(["table", "b"]) }], ["joined"]);
    await expectRefusal(
      call,
      "unsupported",
      'layer "table": expected an embedding to read the model\'s input, got "dense"',
    );
  });
});

function inputOf(name: string, steps: number | null = null): LayerParts {
  return { class_name: "InputLayer", config: { name, batch_input_shape: [null, steps, 3] } };
}

function joined(inputs: readonly string[]): LayerParts {
  return { class_name: "Concatenate", config: { name: "joined" }, inputs };
}

async function parse(
  layers: readonly LayerParts[],
  outputs: readonly string[],
  change: (json: LayersModel) => unknown = () => {},
) {
  const { json, files } = layersModel(layers, outputs);
  change(json);
  return parseKeras(jsonBytes(json), { files });
}
