// src/formats/README.md against the fixtures: what it lists is what they hold, and no more.

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { ELEMENT_FUNCTIONS, ROW_FUNCTIONS } from "../../src/layers/activation.js";
import { type Network, stateOf } from "../../src/model/network.js";
import { gruLayers } from "../harness/gruLayers.js";
import { type Fixture, fixtureNetwork } from "../files/fixture.js";
import { fixtureNames, fixtureParts, otherEndings, readFixture } from "../files/fixtureFiles.js";
import { projectRoot } from "../harness/library.js";
import { layerFixtures, networkOfLayer } from "../files/layerFixture.js";
import { readOnnxFixture } from "../files/onnxFixture.js";
import { parseOnnx } from "../../src/entries/onnx.js";
import { onnxruntimeFixtureNames, readOnnxruntimeFixture } from "../files/onnxruntimeFixtureFiles.js";
import { onnxFixtureNames, readOnnxFixtureFile } from "../files/onnxFixtureFiles.js";

const readme = readFileSync(`${projectRoot}src/formats/README.md`, "utf8");
const section = /^# What loads$([^]*?)^## /m.exec(readme)![1]!;

/** Each row's second cell by its first. */
const rows = new Map(
  [...section.matchAll(/^\| (.+?) \| (.+) \|$/gm)].map(([, first, second]) => [first!, second!] as const),
);
const fixtures: Fixture[] = [];
const networks: Network[] = [];
const files: string[] = [];
const dtypes = new Set<string>();
const kerasVersions = new Set<string>();

beforeAll(async () => {
  for (const name of fixtureNames()) {
    const { fixture, bytes, files: parts } = readFixture(name);
    fixtures.push(fixture);
    networks.push(await fixtureNetwork(fixture, bytes, parts));
    const { modelFile } = fixtureParts(name);
    files.push(
      ...[modelFile ?? "", ...otherEndings(name).map((ending) => name + ending)].filter((file) => file !== ""),
    );
    kerasVersions.add(String((fixture as { keras?: unknown }).keras ?? "").split(".")[0]!);
    if (!modelFile?.endsWith(".safetensors")) continue;
    const header = new TextDecoder().decode(bytes!.subarray(8, 8 + new DataView(bytes!.buffer).getUint32(0, true)));
    for (const [, dtype] of header.matchAll(/"dtype":\s*"(\w+)"/g)) dtypes.add(dtype!);
  }
  networks.push(...layerFixtures("frames").map(networkOfLayer));
  for (const name of onnxFixtureNames()) {
    const { fixture, bytes } = readOnnxFixtureFile(name);
    networks.push(readOnnxFixture(fixture, bytes));
  }
});

const layers = () => networks.flatMap((network) => network.layers);
const grus = () => networks.flatMap((network) => gruLayers(network));
/** Words in backquotes. */
const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
const sorted = (items: Iterable<string>) => [...new Set(items)].sort();

describe("its table of files", () => {
  it("names every format that there is, and has a fixture of each", () => {
    const named = [...rows.keys()].flatMap((row) => [...row.matchAll(/`\.?([a-z0-9.]+)`|(safetensors)/g)]);
    const endings = sorted(named.map(([, ending, word]) => ending ?? word!));
    expect(endings).toEqual(["h5", "json", "keras", "model.json", "npz", "onnx", "pt", "pth", "rnnn", "safetensors"]);
    const alike = { pth: "pt", json: "model.json", onnx: null } as Record<string, string | null>; // ONNX's fixtures have a folder of their own
    for (const ending of endings.map((each) => (each in alike ? alike[each]! : each)).filter(Boolean)) {
      expect(
        files.filter((file) => file.endsWith(`.${ending}`)),
        ending,
      ).not.toEqual([]);
    }
  });

  it("names each kind of an audio program's file that there is a fixture of", () => {
    const kinds = [/RTNeural/, /AIDA-X/, /GuitarML/, /RNNoise/, /weights blob/];
    for (const kind of kinds) expect([...rows.keys()].join()).toMatch(kind);
    const of = ["rtneural", "aida_x", "guitarml", "rnnoise_2018", "rnnoise_02"];
    for (const word of of) expect(files.some((file) => file.startsWith(`audio_${word}`))).toBe(true);
  });

  it("names the oldest opset of ONNX, and the versions of Keras", () => {
    const opsets = onnxFixtureNames().map((name) => Number(/\d+$/.exec(name)![0]));
    expect([...rows.keys()].join()).toContain(`opset ${Math.min(...opsets)} and newer`);
    expect(section).toContain("of Keras 1, 2 and 3");
    for (const version of ["1", "2", "3"]) expect(kerasVersions).toContain(version);
  });
});

it("names the loops of ONNX, of which there are fixtures", () => {
  expect([...rows.values()].join()).toContain("their cells written out or left as loops");
  const of = onnxruntimeFixtureNames().filter((name) => /^(loop|scan)_/.test(name));
  const types = of.flatMap((name) => {
    const { fixture, bytes } = readOnnxruntimeFixture(name);
    return parseOnnx(bytes, fixture.options).layers.map(({ type }) => type);
  });
  for (const type of ["gru", "lstm", "rnn", "carry"]) expect(types).toContain(type);
});

describe("its table of what a GRU may have", () => {
  /** The fixtures of each row. */
  const CHECKS: Record<string, (cell: string) => void> = {
    "reset gate after or before the recurrent product": (cell) => {
      expect(cell).toBe("both");
      expect(new Set(grus().map(({ resetAfter }) => resetAfter))).toEqual(new Set([true, false]));
    },
    direction: (cell) => {
      expect(cell).toMatch(/^forward, reverse, bidirectional, at any layer of a stack$/);
      const places = networks.flatMap((network) =>
        gruLayers(network).map(({ direction }, i) => `${direction} ${i === 0 ? "first" : "later"}`),
      );
      const directions = ["bidirectional", "forward", "reverse"];
      expect(sorted(places)).toEqual(directions.flatMap((word) => [`${word} first`, `${word} later`]));
    },
    biases: (cell) => {
      expect(cell).toBe("none, one, both");
      const numbers = grus().map(({ bias, recurrentBias }) => Number(bias !== null) + Number(recurrentBias !== null));
      expect(new Set(numbers)).toEqual(new Set([0, 1, 2]));
    },
    activations: (cell) => {
      const [ofElements, ofRows] = cell.split(", with ONNX's parameters; ");
      expect(quoted(ofElements!)).toEqual(ELEMENT_FUNCTIONS);
      expect(quoted(ofRows!.replace("in a dense layer", ""))).toEqual(ROW_FUNCTIONS);
      const used = layers().flatMap((layer) => {
        if (layer.type === "gru") return [layer.gateActivation.name, layer.newActivation.name];
        return layer.type === "dense" || layer.type === "map" ? [layer.activation.name] : [];
      });
      expect(sorted(used)).toEqual([...ELEMENT_FUNCTIONS, ...ROW_FUNCTIONS].sort());
    },
    clip: () => expect(grus().some(({ clip }) => clip !== null)).toBe(true),
    sequences: (cell) => {
      expect(cell).toMatch(/^a length for each row, 0 too; every step or only the last; /);
      expect(fixtures.some(({ lengths = [] }) => lengths.includes(0))).toBe(true);
      const asked = fixtures.map(({ returnSequences = true }) => returnSequences);
      expect(new Set(asked)).toEqual(new Set([true, false]));
    },
    state: (cell) => {
      expect(cell).toBe("initial and final, of every layer and direction");
      const ofStates = fixtures.filter(({ initialState, finalState }) => initialState && finalState);
      expect(new Set(ofStates.map((fixture) => numStates(fixture)))).toContain(6); // three layers of two directions
    },
    wiring: (cell) => {
      expect(cell).toBe("a layer reads any outputs before it, concatenated; several outputs");
      expect(layers().some(({ inputs }) => inputs.length > 1)).toBe(true);
      expect(networks.some(({ outputs }) => outputs.length > 1)).toBe(true);
    },
    "weights in the file": (cell) => {
      expect(sorted(cell.match(/\b[A-Z]+\d+\b/g)!)).toEqual(sorted([...dtypes].filter((dtype) => dtype !== "I64"))); // no weights, but BatchNorm's counts
    },
    "weights on the device": (cell) => {
      expect(cell).toBe("f32, f16 or int8; arithmetic in float32");
      expect(sorted(layers().map(({ storage }) => storage))).toEqual(["f16", "f32", "int8"]);
    },
  };
  for (const [row, check] of Object.entries(CHECKS))
    it(`is true of: ${row}`, () => check(rows.get(row) ?? "no such row"));

  it("has no row beside those", () => {
    const start = section.indexOf("| Of a GRU, an LSTM or an RNN |");
    const listed = [...section.slice(start).matchAll(/^\| (.+?) \| .+ \|$/gm)].map(([, row]) => row!);
    expect(listed.filter((row) => !["Of a GRU, an LSTM or an RNN", "---"].includes(row))).toEqual(Object.keys(CHECKS));
  });
});

/** Layers times directions, of states [D, B, H] one after the other. */
function numStates({ name, initialState, batchSize }: Fixture): number {
  const first = stateOf(networks[fixtures.findIndex((other) => other.name === name)]!)[0]!;
  return initialState!.length / batchSize / first.size;
}
