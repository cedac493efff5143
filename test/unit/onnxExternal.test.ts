// ONNX models whose tensors are in files beside them.

import { gruLayers } from "../harness/gruLayers.js";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadModel, type Network, parseModel } from "../../src/index.js";
import { fromRun, type OnnxNetwork, parseOnnx, toRun } from "../../src/entries/onnx.js";
import { runReference } from "../harness/reference/runReference.js";
import { expectIsClose } from "../harness/close.js";
import { compare } from "../harness/compare.js";
import { projectRoot } from "../harness/library.js";
import { GRU_TENSORS, gruFile, onnxFile, type OnnxFile, type OnnxTensor } from "../files/onnxFile.js";
import { readOnnxFixtureFile } from "../files/onnxFixtureFiles.js";
import { bytesOf } from "../files/pickleFile.js";
import { expectRefusal } from "../harness/refusal.js";

const read = (name: string) => new Uint8Array(readFileSync(`${projectRoot}test/fixtures/onnx/external/${name}`));

/** Asserts that a network gives what the fixture's framework computed. */
function expectFixture(name: string, network: Network): void {
  const { fixture } = readOnnxFixtureFile(name);
  const { graph } = network as OnnxNetwork;
  const given = toRun(graph, fixture.inputs);
  const { output, outputs, finalState } = runReference(network, { input: given.input, ...given.options });
  const got = fromRun(graph, { outputs: { [network.outputs[0]!]: output, ...outputs }, finalState }, given);
  for (const [port, { data }] of Object.entries(fixture.outputs)) {
    expectIsClose(compare(got[port]!.data, data, { atol: 1e-6, rtol: 1e-6 }));
  }
}

const place = (offset: number, length: number) =>
  ({ location: "m.onnx.data", offset: `${offset}`, length: `${length}` }) as const;

const outside = (start: number, end: number) =>
  `expected its data in the 120 bytes of "m.onnx.data", got bytes ${start} to ${end}`;

/** The tests' GRU with its weights in a file of 72 + 48 bytes, and other references than these. */
function split(more: Partial<Record<"W" | "R", OnnxTensor["external"]>> = {}, file: Partial<OnnxFile> = {}) {
  const values = [GRU_TENSORS.W, GRU_TENSORS.R].map(({ floats = [] }) => Float32Array.from(floats));
  const [w, r] = values.map(bytesOf) as [Uint8Array, Uint8Array];
  const data = new Uint8Array(w.length + r.length);
  data.set(w);
  data.set(r, w.length);
  const tensors = {
    W: { shape: GRU_TENSORS.W.shape, external: more.W ?? place(0, w.length) },
    R: { shape: GRU_TENSORS.R.shape, external: more.R ?? place(w.length, r.length) },
  };
  return { bytes: gruFile({ ...file, tensors }), data };
}

const isGru = (network: Network) =>
  expect(network.layers[0]).toMatchObject({
    weight: gruLayers(parseOnnx(gruFile()))[0]!.weight,
    recurrentWeight: (parseOnnx(gruFile()).layers[0] as { recurrentWeight: Float32Array }).recurrentWeight,
  });

describe("a model with external data, as python3-onnx writes it", () => {
  it("is read with its one file, given in a Map", async () => {
    const files = new Map([["torch_final_states.onnx.data", read("torch_final_states.onnx.data")]]);
    expectFixture("torch_final_states.opset17", await parseModel(read("torch_final_states.onnx"), { files }));
    expectFixture("torch_final_states.opset17", parseOnnx(read("torch_final_states.onnx"), { files }));
  });

  it("is read with a file for each tensor, which a function gives", async () => {
    const files = (name: string) => Promise.resolve(read(name));
    expectFixture("graph_types.opset21", await parseModel(read("graph_types.onnx"), { files }));
  });

  it("is loaded from a URL with what is beside it", async () => {
    const asked: string[] = [];
    const url = await serve((path) => {
      asked.push(path);
      return read(path.slice(1).replace(/\?.*/, ""));
    });
    const model = await loadModel(`${url}torch_final_states.onnx?v=1`, { device: "cpu" });
    expectFixture("torch_final_states.opset17", model.network);
    expect(asked).toEqual(["/torch_final_states.onnx?v=1", "/torch_final_states.onnx.data?v=1"]);
    model.dispose();
  });
});

describe("external data", () => {
  const expected = "where this model keeps its weights (external data), got";
  const way =
    'put it beside the model, pass it as files: new Map([["m.onnx.data", bytes]]), or write one file in Python: ' +
    'torch.onnx.export(..., external_data=False), or onnx.save(onnx.load("model.onnx"), "one.onnx")';

  it("may be in a folder below the model's", async () => {
    const location = "weights/the model.onnx.data";
    const { bytes, data } = split({ W: { location, length: "72" }, R: { location, offset: "72" } });
    isGru(await parseModel(bytes, { files: new Map([[location, data]]) }));
  });

  it("becomes the weights' own memory where they may, and no other's is written over", async () => {
    for (const shift of [0, 1]) {
      const { bytes, data } = split({ W: place(shift, 72), R: place(72 + shift, 48) });
      const shifted = new Uint8Array(shift + data.length);
      shifted.set(data, shift);
      const url = await serve((path) => (path === "/m.onnx" ? bytes : shifted));
      const model = await loadModel(`${url}m.onnx`, { device: "cpu" });
      isGru(model.network);
      expect(gruLayers(model.network)[0]!.weight.buffer.byteLength === shifted.length).toBe(shift === 0);
      model.dispose();
    }
  });

  it("leaves the caller's bytes as they are", async () => {
    const { bytes, data } = split();
    const before = data.slice();
    isGru(await parseModel(bytes, { files: new Map([["m.onnx.data", data]]) }));
    expect(data).toEqual(before);
  });

  it("is not asked for where a tensor has its data itself, whatever else it says", async () => {
    const tensors = { W: { ...GRU_TENSORS.W, external: { location: "elsewhere" }, isExternal: false } };
    isGru(await parseModel(gruFile({ tensors })));
  });

  it("is missed by its name, with what to do", async () => {
    const { bytes } = split();
    const message = `onnx: expected the file "m.onnx.data", ${expected} none; ${way}`;
    await expectRefusal(() => parseModel(bytes), "bad-file", message);
    await expectRefusal(() => parseOnnx(bytes), "bad-file", message);
    await expectRefusal(() => loadModel(bytes, { files: new Map() }), "bad-file", message);
  });

  it("is missed where a server has it not", async () => {
    const { bytes } = split();
    const url = await serve((path) => (path === "/m.onnx" ? bytes : null));
    const error = `an error (${url}m.onnx.data: expected the file, got HTTP 404 Not Found)`;
    await expectRefusal(
      () => loadModel(`${url}m.onnx`),
      "bad-file",
      `onnx: expected the file "m.onnx.data", ${expected} ${error}; ${way}`,
    );
  });

  it("is missed where it is not on the disk", async () => {
    const cause = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT" });
    await expectRefusal(
      () => parseModel(split().bytes, { files: () => Promise.reject(cause) }),
      "bad-file",
      `onnx: expected the file "m.onnx.data", ${expected} an error (ENOENT: no such file); ${way}`,
    );
  });

  it("ends with what its own way of fetching throws, and with an abort", async () => {
    const { bytes } = split();
    const own = new Error("own");
    await expect(parseModel(bytes, { files: () => Promise.reject(own) })).rejects.toBe(own);
    const controller = new AbortController();
    const url = await serve((path) => {
      if (path === "/m.onnx") return bytes;
      controller.abort(own);
      return null;
    });
    await expect(loadModel(`${url}m.onnx`, { signal: controller.signal })).rejects.toBe(own);
  });

  it("counts for how much may be computed with it", async () => {
    // 3 x 2^20 weights, of which a file of a few hundred bytes alone could not ask for so many copies.
    const size = 2 ** 10;
    const tensors: Record<string, OnnxTensor> = {
      W: { shape: [1, 3 * size, size], external: { location: "d", length: `${12 * size * size}` } },
      R: { shape: [1, 3 * size, size], external: { location: "d", offset: `${12 * size * size}` } },
    };
    const bytes = onnxFile({
      nodes: [["GRU", ["x", "W", "R"], ["y"]]],
      tensors,
      inputs: { x: ["time", "batch", size] },
      outputs: ["y"],
    });
    const network = await parseModel(bytes, { files: new Map([["d", new Uint8Array(24 * size * size)]]) });
    expect(gruLayers(network)[0]!.weight).toHaveLength(3 * size * size);
  });

  const LOCATIONS = [
    "",
    "../m.data",
    "a/../../m.data",
    "..",
    "./..",
    "/etc/passwd",
    "C:\\m.data",
    "a\\b",
    "a//b",
    "a/",
  ];
  LOCATIONS.push("https://example.com/m", "//example.com/m", "%2e%2e/m", "m?x", "m#x", "a\u0000b", "a/./b");
  for (const location of LOCATIONS) {
    it(`is not looked for at ${JSON.stringify(location)}`, async () => {
      const asked: string[] = [];
      const files = (name: string) => (asked.push(name), Promise.resolve(new Uint8Array(120)));
      await expectRefusal(
        () => parseModel(split({ W: { location, length: "72" } }).bytes, { files }),
        "bad-file",
        `onnx tensor "W": expected its data in a file in the model's folder, got the location ${JSON.stringify(location)}`,
      );
      expect(asked).toEqual([]);
    });
  }

  const location = "m.onnx.data";
  const RANGES: [what: string, external: NonNullable<OnnxTensor["external"]>, message: string][] = [
    ["past the end of its file", { location, offset: "100", length: "48" }, outside(100, 148)],
    ["from past the end", { location, offset: "999" }, outside(999, 120)],
    ["longer than any file", { location, offset: "72", length: "999999999999999" }, outside(72, 1000000000000071)],
    [
      "another tensor's",
      { location, offset: "70", length: "48" },
      'expected bytes of "m.onnx.data" that are no other tensor\'s, got 70 to 118',
    ],
    [
      "of another length",
      { location, offset: "72", length: "44" },
      "expected 48 bytes for 12 elements of FLOAT, got 44",
    ],
    ["at no number", { location, offset: "-8" }, 'expected offset to be a number of bytes, got "-8"'],
    ["of no number's length", { location, length: "1e3" }, 'expected length to be a number of bytes, got "1e3"'],
  ];
  for (const [what, external, message] of RANGES) {
    it(`is refused where it is ${what}`, async () => {
      const { bytes, data } = split({ R: external });
      const files = new Map([[location, data]]);
      await expectRefusal(() => parseModel(bytes, { files }), "bad-file", `onnx tensor "R": ${message}`);
    });
  }

  it("is refused in more files than any writer makes", async () => {
    const entries = Array.from({ length: 1025 }, (_, i) => [`t${i}`, { shape: [1], external: { location: `f${i}` } }]);
    const tensors = Object.fromEntries(entries) as Record<string, OnnxTensor>;
    const message = "onnx: expected its data in at most 1024 files, got 1025";
    await expectRefusal(() => parseModel(gruFile({ tensors })), "bad-file", message);
  });
});

/** Serves bytes by path, or 404. @returns the server's address */
async function serve(answer: (path: string) => Uint8Array | null): Promise<string> {
  const server = createServer((request, response) => {
    const bytes = answer(request.url!);
    response.writeHead(bytes === null ? 404 : 200).end(bytes);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
