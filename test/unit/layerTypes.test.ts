// Layers of every type in a file of ours, in streams, and in saved states.

import { readFileSync } from "node:fs";
import { createModel, defineNetwork, loadModel, type Network, parseModel } from "webgru";
import { writeSafetensors } from "webgru/safetensors";
import { parseAst } from "vite";
import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../src/formats/description.js";
import { LAYER_TYPES } from "../../src/layers/index.js";
import { canStream } from "../../src/model/network.js";
import { withStorage } from "../../src/model/quantize.js";
import { projectRoot } from "../harness/library.js";
import { randomInput } from "../cases/random.js";
import { twinCase, twinCases } from "../cases/twinCases.js";

const NUM_STEPS = 7;

/** Networks of the twin cases with a layer of the type. */
function networksWith(type: string): Network[] {
  const networks = twinCases.filter(({ id }) => id !== "h4096").map(({ network }) => network());
  return networks.filter(({ layers }) => layers.some((layer) => layer.type === type));
}

/** Types whose layers need a whole sequence at once. */
const WHOLE = ["flatten"];

/** The first network of the twin cases that has a layer of the type, and can stream. */
function networkWith(type: string): Network {
  const found = networksWith(type).find((network) => WHOLE.includes(type) || canStream(network));
  if (found === undefined) throw new Error(`no twin case that can stream has a layer of type "${type}": add one`);
  return found;
}

/** Networks of the twin cases whose layers' frames have axes of their own. */
const WITH_FRAME_AXES = ["rows-gru-0", "rows-lstm-4", "steps-gru-3", "dual-path"];

const NAMES = [...LAYER_TYPES, ...WITH_FRAME_AXES];

const networkNamed = (name: string) => (WITH_FRAME_AXES.includes(name) ? twinCase(name).network() : networkWith(name));

describe.each(NAMES)("a layer of type, or the case, %s", (name) => {
  const network = networkNamed(name);
  const input = randomInput(network, NUM_STEPS, 950);

  it.each(["f32", "f16", "int8"] as const)("is the same again from a file in %s", async (storage) => {
    const stored = withStorage(network, storage);
    const bytes = writeSafetensors(stored);
    const read = await loadModel(bytes, { device: "cpu" });
    expect(writeSafetensors(read.network)).toEqual(bytes);
    const model = await createModel(stored, { device: "cpu" });
    expect(await read.run(input)).toEqual(await model.run(input));
  });
});

describe("a layer", () => {
  it.each(NAMES.filter((name) => !WHOLE.includes(name)))(
    "streams as it runs, on from a saved state too: %s",
    async (name) => {
      const network = networkNamed(name);
      const input = randomInput(network, NUM_STEPS, 950);
      const model = await createModel(network, { device: "cpu" });
      const whole = await model.run(input, { returnSequences: false });
      const stream = model.createStream();
      const half = 3 * network.inputSize;
      await stream.push(input.subarray(0, half));
      const saved = await stream.save();
      const again = model.createStream();
      again.restore(saved);
      const second = await again.push(input.subarray(half));
      const last = second.slice(-whole.output.length);
      whole.output.forEach((expected, i) => expect(last[i]).toBeCloseTo(expected, 6));
      expect(await (await stream.fork()).push(input.subarray(half))).toEqual(second);
    },
  );

  it.each(WHOLE)("is refused in a stream where its type is %s", async (name) => {
    const network = networkWith(name);
    const model = await createModel(network, { device: "cpu" });
    expect(() => model.createStream()).toThrow(
      'layer "flat": expected one that a stream can step through, got the 7 steps of a sequence together; use run',
    );
  });
});

describe("the indices of a rearrangement", () => {
  it.each([[1.5], [-2], [3], [NaN]])("are refused where they are no places in a frame: %s", (index) => {
    const indices = Float32Array.of(0, -1, index);
    const layer = { type: "rearrange", name: "turn", inputSize: 3, outputSize: 3, indices } as const;
    expect(() => defineNetwork({ layers: [layer] })).toThrow(
      Number.isNaN(index)
        ? "turn.indices: expected finite weights, got NaN at element 2"
        : `turn.indices: expected whole numbers from -1 to 2, got ${index} at element 2`,
    );
  });

  it("are the same again whatever the storage", async () => {
    const indices = Float32Array.from({ length: 300 }, (_, i) => 2999 - i);
    const layer = { type: "rearrange", name: "turn", inputSize: 3000, outputSize: 300, indices } as const;
    const network = withStorage(defineNetwork({ layers: [layer] }), "int8");
    expect(network.layers[0]).toMatchObject({ indices });
    expect((await parseModel(writeSafetensors(network))).layers[0]).toMatchObject({ indices });
  });

  it("are named where a file lacks them", () => {
    const layer = { type: "rearrange", name: "turn", inputSize: 3, outputSize: 2 } as const;
    const given = { ...layer, indices: undefined as unknown as Float32Array };
    expect(() => defineNetwork({ layers: [given] })).toThrow("turn.indices: expected a Float32Array, got null");
    const message = "turn.indices: expected a tensor of shape [2], got no others";
    expect(() => buildNetwork({ layers: [layer] }, new Map())).toThrow(message);
  });
});

describe("a number of a layer", () => {
  it.each([Infinity, NaN, 1e300, 1e-42, 0, -1])(
    "is refused where float32 has no such number above 0: %s",
    (epsilon) => {
      const norm = { type: "norm", name: "norm", inputSize: 3, epsilon } as const;
      expect(() => defineNetwork({ layers: [norm] })).toThrow(/expected epsilon to be a number above 0, got/);
    },
  );
});

describe("the doctor's page", () => {
  const page = readFileSync(`${projectRoot}src/cli/doctorPage.html`, "utf8");
  const script = /<script type="module">([^]*?)<\/script>/.exec(page)![1]!;

  it("is a script that a browser can read", () => {
    expect(() => parseAst(script)).not.toThrow();
  });

  it.each(LAYER_TYPES)("has a layer of type %s", (type) => {
    // A GRU that gives its last step alone is two layers, of which one is a `last`.
    expect(script).toContain(type === "last" ? "returnSequences: false" : `type: "${type}"`);
  });
});

describe("a layer in words", () => {
  it.each(LAYER_TYPES)("has its type, its sizes and what it reads: %s", async (type) => {
    for (const network of networksWith(type)) {
      const model = await createModel(network, { device: "cpu" });
      const lines = model.explain().split("\n");
      model.dispose();
      for (const { name } of network.layers.filter((layer) => layer.type === type)) {
        const line = lines.find((each) => each.startsWith(`  ${name}: ${type} `))!;
        expect(line).toMatch(/: [a-z]+ \d[\dx]*( -> \d[\dx]*)?( of \[[^\]]+\])?(, [^,]([^,]|,\d)*)*$/);
      }
    }
  });
});
