// The commands that read a file, say something and end.

import type { Layer } from "../../src/layers/index.js";
import { GRU_NODES, GRU_TENSORS, ints, onnxFile } from "../files/onnxFile.js";
import { tensorsOf } from "../../src/layers/index.js";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { Progress } from "../../src/cli/progress.js";
import { describeSource } from "../../src/cli/source.js";
import { writeSafetensors } from "../../src/formats/writeSafetensors.js";
import { withStorage } from "../../src/model/quantize.js";
import { parseModel } from "../../src/load/parseModel.js";
import { endOf, runCli, scratchFolder, startCli } from "../harness/cliProcess.js";
import { readFixture } from "../files/fixtureFiles.js";
import { buildLibrary, projectRoot } from "../harness/library.js";
import { npzFile } from "../files/npzFile.js";
import { randomTextModel } from "../cases/random.js";
import { safetensorsFile } from "../files/safetensorsFile.js";
import { gruShapes, stateDictFile } from "../files/stateDictFile.js";

const scratch = scratchFolder();
const fixture = (file: string) => `${projectRoot}test/fixtures/${file}`;
const text = fixture("torch_embedding_head.pt");
const description = scratch("description.json");
const broken = scratch("broken.pt");

beforeAll(() => {
  buildLibrary();
  writeFileSync(broken, readFileSync(text).subarray(0, 4000));
  const layer = { type: "gru", name: "gru.l0", inputSize: 6, hiddenSize: 9, returnSequences: false };
  const embedding = { type: "embedding", name: "embedding", numEmbeddings: 11, embeddingSize: 6 };
  writeFileSync(description, JSON.stringify({ layers: [embedding, layer] }));
});

/** A layer's tensors as numbers, without signs of zeros. */
function numbersOf(layer: Layer): (number[] | null)[] {
  return tensorsOf(layer).map(({ values }) => values && [...values].map((value) => value + 0));
}

describe("webgru", () => {
  it("lists its commands and exit codes", async () => {
    for (const help of ["--help", "-h", "help"]) {
      const { code, stdout } = await runCli([help]);
      expect(code).toBe(0);
      for (const name of ["inspect", "convert", "verify", "run", "bench", "doctor", "serve"]) {
        expect(stdout).toContain(`webgru ${name}`);
      }
      expect(stdout).toMatch(/0 fine, 1 a problem.*\n2 a wrong command line, 130 interrupted/);
    }
  });

  it("tells its version", async () => {
    const { version } = JSON.parse(readFileSync(`${projectRoot}package.json`, "utf8")) as { version: string };
    expect(await runCli(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  for (const name of ["inspect", "convert", "verify", "run", "bench", "doctor", "serve"]) {
    it(`explains ${name}'s options`, async () => {
      const { code, stdout } = await runCli([name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^usage: webgru ${name}`));
    });
  }

  const refused: [what: string, args: string[], code: number, stderr: RegExp][] = [
    ["no command", [], 2, /^webgru: expected a command, inspect, .*, got none; see webgru --help\n$/],
    [
      "an ONNX model of int8",
      ["convert", text, "-o", scratch("x.onnx"), "--dtype", "int8"],
      2,
      /--dtype: expected f32 of an ONNX model, got int8/,
    ],
    [
      "states of another file",
      ["convert", text, "-o", scratch("x.bin"), "--streaming"],
      2,
      /--streaming: expected -o and a file \.onnx, got /,
    ],
    ["an unknown command", ["train"], 2, /^webgru: expected a command, .*, got train; see webgru --help\n$/],
    [
      "an unknown option",
      ["inspect", text, "--verbose"],
      2,
      /^webgru: Unknown option '--verbose'.*\nusage: webgru inspect FILE\n$/,
    ],
    ["no file", ["inspect"], 2, /^webgru: expected 1 file, got 0\nusage: webgru inspect FILE\n$/],
    ["two files", ["bench", text, text], 2, /^webgru: expected 1 file, got 2\nusage: webgru bench FILE\n$/],
    [
      "a file that is not there",
      ["inspect", scratch("none.pt")],
      1,
      /^webgru: ENOENT: no such file or directory, open '.*none.pt'\n$/,
    ],
    ["a folder", ["inspect", projectRoot], 1, /^webgru: EISDIR: .*\n$/],
    [
      "a broken file",
      ["inspect", broken],
      1,
      /^webgru: zip: expected a directory at the end, got none: is the file cut off\?\n$/,
    ],
    [
      "a description that is no JSON",
      ["inspect", text, "--description", text],
      1,
      /^webgru: .*: expected a layer list in JSON, got SyntaxError.*\n$/s,
    ],
    ["convert without a file to write", ["convert", text], 2, /^webgru: expected -o and a file to write, got none\n$/],
    [
      "a dtype that is none",
      ["convert", text, "-o", scratch("x"), "--dtype", "int4"],
      2,
      /^webgru: --dtype: expected f32, f16, int8, got int4\n$/,
    ],
    ["a folder to write that is not there", ["convert", text, "-o", scratch("none/x")], 1, /^webgru: ENOENT: .*\n$/],
    ["verify without cases", ["verify", text], 2, /^webgru: expected --against and a file of cases, got none\n$/],
    [
      "a tolerance that is none",
      ["verify", text, "--against", text, "--tolerance", "close"],
      2,
      /^webgru: --tolerance: expected a number from 0 on, got close\n$/,
    ],
    [
      "a device that is none",
      ["bench", text, "--device", "tpu"],
      2,
      /^webgru: --device: expected auto, webgpu, cpu, got tpu\n$/,
    ],
    [
      "a device that is not there",
      ["bench", text, "--device", "webgpu"],
      1,
      /^webgru: device "webgpu": expected an adapter, got none: .*\n$/,
    ],
    [
      "a count that is none",
      ["bench", text, "--steps", "0"],
      2,
      /^webgru: --steps: expected a whole number from 1 on, got 0\n$/,
    ],
    [
      "puppeteer's Chrome that does not start",
      ["doctor", "--browser", "--chrome-flag=--version"],
      1,
      /^webgru: doctor: expected Chrome to start, got .*; install Chrome, or set CHROME_PATH to its executable\n$/s,
    ],
  ];
  for (const [what, args, code, stderr] of refused) {
    it(`ends with ${code} for ${what}`, async () => {
      const ended = await runCli(args);
      expect(ended.stderr).toMatch(stderr);
      expect(ended).toMatchObject({ code, stdout: "" });
    });
  }

  it("ends with 0, and in silence, when its reader closes the pipe", async () => {
    for (const args of [["--help"], ["inspect", text], ["inspect", text, "--json"], ["doctor"]]) {
      const program = startCli(...args);
      program.stdout.destroy();
      expect(await endOf(program)).toEqual({ code: 0, stdout: "", stderr: "" });
    }
  });
});

describe("webgru inspect", () => {
  it("prints a description that loads, and checks one", async () => {
    const { code, stdout } = await runCli(["inspect", "--description", text]);
    expect(code).toBe(0);
    const printed = JSON.parse(stdout) as { $schema: string; layers: { type: string }[] };
    expect(existsSync(printed.$schema.replace("./node_modules/webgru/", projectRoot))).toBe(true);
    expect(printed.layers.map(({ type }) => type)).toEqual(["embedding", "gru", "gru", "dense"]);
    const list = scratch("list.json");
    writeFileSync(list, stdout);
    const checked = await runCli(["inspect", "--description", list]);
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(/: 4 layers, whose fields are right;/) });
    expect(await runCli(["inspect", text, "--description", list])).toMatchObject({ code: 0 });
    writeFileSync(list, stdout.replace('"hiddenSize"', '"hiddenSiz"'));
    const refused = await runCli(["inspect", "--description", list]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/did you mean "hiddenSize"/);
  });

  it("says what is in a file, whose conventions it has and what was inferred", async () => {
    const { code, stdout } = await runCli(["inspect", text]);
    expect(code).toBe(0);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe(`${text}: PyTorch's .pt, 8,004 bytes`);
    expect(lines.slice(1, 7)).toEqual([
      "conventions: PyTorch's: gates r z n, reset after the recurrent product, two biases, [out, in]",
      "input: an index a step",
      "outputs: head (4)",
      "streams: yes",
      "state of a row: gru.l0.h [1, 9], gru.l1.h [1, 9]",
      "parameters: 1,105",
    ]);
    expect(stdout).toMatch(
      /^gru\.l1 +gru forward, reset after +gru\.l0 +f32 +540 +weight \[27, 9\] recurrentWeight \[27, 9\]/m,
    );
    expect(stdout).toContain('note: Read from "model" of a checkpoint. Left out: "epoch", "optimizer", "losses".');
    expect(stdout).toMatch(
      /^note: Inferred from the names and shapes of a PyTorch state_dict: embedding "embedding" 11 x 6/m,
    );
  });

  const sources: [file: string, format: string, conventions: RegExp][] = [
    ["torch_one_layer.safetensors", "a PyTorch state_dict in safetensors", /^PyTorch's/],
    ["torch_no_bias.pt", "PyTorch's .pt", /^PyTorch's/],
    ["torch_one_layer.npz", ".npz", /^PyTorch's/],
    ["h5_keras_1.h5", "Keras's .h5", /^Keras's/],
    ["keras_v3_functional.keras", ".keras", /^Keras's/],
    ["tfjs_cell.model.json", "TF.js layers model", /^Keras's/],
    ["onnx/torch_cell.opset13.onnx", "ONNX", /^ONNX's/],
    ["webgru_int8.safetensors", "webgru's safetensors", /^webgru's/],
  ];
  for (const [file, format, conventions] of sources) {
    it(`knows ${file} for ${format}`, async () => {
      const { stdout } = await runCli(["inspect", fixture(file), "--json"]);
      expect(JSON.parse(stdout)).toMatchObject({ format, conventions: expect.stringMatching(conventions) as string });
    });
  }

  it("knows a safetensors file whatever the length of its header, which it begins with", () => {
    const network = randomTextModel(1, 2);
    for (let extra = 0; extra < 256; extra++) {
      const bytes = writeSafetensors({ ...network, vocabulary: ["a".repeat(extra + 1), "b"] });
      expect(describeSource(bytes.subarray(0, 4096), network).format, `${bytes[0]}`).toBe("webgru's safetensors");
    }
  });

  it("gives a description that can be given back", async () => {
    const { stdout } = await runCli(["inspect", text, "--json"]);
    const report = JSON.parse(stdout) as { description: { layers: { activation?: unknown }[] }; parameters: number };
    expect(report).toMatchObject({
      parameters: 1105,
      inputType: "indices",
      canStream: true,
      states: { "gru.l0.h": [1, 9] },
      warnings: [],
    });
    report.description.layers[3]!.activation = "softmax";
    const edited = scratch("edited.json");
    writeFileSync(edited, JSON.stringify(report.description));
    const again = await runCli(["inspect", text, "--json", "--description", edited]);
    expect(JSON.parse(again.stdout)).toMatchObject({
      parameters: 1105,
      description: { layers: [{}, {}, {}, { activation: { name: "softmax" } }] },
      notes: ['Read from "model" of a checkpoint. Left out: "epoch", "optimizer", "losses".'],
    });
  });

  it("gives the description to complete of a file of which it is not clear how its layers are wired", async () => {
    const file = fixture("torch_three_linears.pt");
    const { code, stdout, stderr } = await runCli(["inspect", file, "--json"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('"name":"heads.0"')]);
    const report = JSON.parse(stdout) as { unclear: string; description: unknown };
    expect(report.unclear).toMatch(
      /got linear layers in a row, heads\.0 \[6, 8\], heads\.1 \[5, 6\], heads\.2 \[2, 5\], /,
    );
    const completed = scratch("completed.json");
    writeFileSync(completed, JSON.stringify(report.description).replaceAll('"?"', '"relu"'));
    const again = await runCli(["inspect", file, "--json", "--description", completed]);
    expect(JSON.parse(again.stdout)).toMatchObject({
      outputs: [{ name: "heads.2" }],
      description: { layers: [{}, { activation: { name: "relu" } }, { activation: { name: "relu" } }, {}] },
    });
  });

  it("tells a model without streams, and both directions' shapes", async () => {
    const { stdout } = await runCli(["inspect", fixture("torch_bidirectional.pt")]);
    expect(stdout).toContain('streams: no, layer "l0", direction "bidirectional", needs the whole sequence');
    expect(stdout).toContain("weight [2, 15, 3]");
  });

  it("knows that a model which sees its input last step first has no streams", async () => {
    const { stdout } = await runCli(["inspect", text, "--json"]);
    const { description: layers } = JSON.parse(stdout) as { description: object };
    const reversed = scratch("reversed.json");
    writeFileSync(reversed, JSON.stringify({ ...layers, reversesInput: true }));
    const inspected = await runCli(["inspect", text, "--json", "--description", reversed]);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ canStream: false, description: { reversesInput: true } });
    const timed = await runCli(["bench", text, "--seconds", "1", "--steps", "3", "--description", reversed]);
    expect(timed).toMatchObject({ code: 0, stdout: expect.stringContaining("no pushes") as string });
  });

  it("warns of weights that hardly are a model's", async () => {
    const names = Object.entries(gruShapes("", 1, 1)).map(([name, shape]) => [name, shape] as const);
    const file = (value: number) => {
      const tensors = names.map(([name, shape]) => [name, { shape, values: new Float32Array(3).fill(value) }] as const);
      const path = scratch(`all_${value}.safetensors`);
      writeFileSync(path, safetensorsFile({ tensors: new Map(tensors) }));
      return path;
    };
    const [zero, large] = [await runCli(["inspect", file(0)]), await runCli(["inspect", file(2e4)])];
    expect(zero.stdout).toContain('warning: layer "l0": all weights are zero; was the model trained and saved?');
    expect(large.stdout).toContain('warning: layer "l0": weights as large as 2.0e+4');
  });
});

describe("webgru convert", () => {
  it("writes an ONNX model, with and without states, that is the same network", async () => {
    const out = scratch("written.onnx");
    for (const more of [[], ["--streaming"]]) {
      expect(await runCli(["convert", text, "-o", out, ...more])).toMatchObject({ code: 0, stderr: "" });
      const { layers } = await parseModel(new Uint8Array(readFileSync(out)));
      expect(layers.map(({ type }) => type)).toEqual(["embedding", "gru", "gru", "dense"]);
    }
  });

  for (const dtype of ["f32", "f16", "int8"] as const) {
    it(`writes the same network as ${dtype}`, async () => {
      const out = scratch(`converted_${dtype}.safetensors`);
      const { code, stdout } = await runCli(["convert", text, "-o", out, "--dtype", dtype]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^.*: [\d,]+ bytes, from 8,004\nnote: Read from/);
      const expected = withStorage(await parseModel(new Uint8Array(readFileSync(text))), dtype);
      const { layers } = await parseModel(new Uint8Array(readFileSync(out)));
      expect(layers.map(numbersOf)).toEqual(expected.layers.map(numbersOf));
    });
  }

  it("reads the files that a TF.js model names, and names one that is not there", async () => {
    const { code, stdout } = await runCli(["inspect", fixture("layers_model_sharded.model.json")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/TF\.js layers model/);
    const alone = scratch("alone.json");
    writeFileSync(alone, readFileSync(fixture("layers_model_sharded.model.json")));
    const { code: refused, stderr } = await runCli(["inspect", alone]);
    expect(refused).toBe(1);
    expect(stderr).toMatch(/ENOENT.*layers_model_sharded\.shard1of2\.bin/);
  });

  it("takes linear_before_reset where an ONNX file leaves it out", async () => {
    const file = fixture("onnx/graph_torch_dynamo.opset18.onnx");
    expect((await runCli(["inspect", file])).stdout).toMatch(/gru bidirectional, reset before.*note: Warning: /s);
    const { code, stdout } = await runCli(["inspect", file, "--linear-before-reset"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/gru bidirectional, reset after/);
    expect(stdout).not.toMatch(/reset before|Warning/);
  });

  it("takes what an ONNX graph leaves open: its inputs' values and shapes", async () => {
    const file = scratch("open.onnx");
    const nodes = [...GRU_NODES, ["Mul", ["y", "gain"], ["z"]]] as const;
    const inputs = { x: ["t", "b", "i"], gain: [] };
    writeFileSync(file, onnxFile({ nodes, tensors: { ...GRU_TENSORS, one: ints(1) }, inputs, outputs: ["z"] }));
    const { code, stdout } = await runCli(["inspect", file, "--constant", "gain=2", "--input-shape", "x=?,?,3"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/gru forward/)]);
    for (const [option, value] of [
      ["constant", "gain"],
      ["constant", "gain=two"],
      ["input-shape", "=1"],
    ] as const) {
      const { code: refused, stderr } = await runCli(["inspect", file, `--${option}`, value]);
      expect([refused, stderr]).toEqual([2, expect.stringContaining(`--${option}: expected NAME=NUMBER`)]);
    }
  });

  it("wires the layers as a description says", async () => {
    const out = scratch("described.safetensors");
    expect((await runCli(["convert", text, "-o", out, "--description", description])).code).toBe(0);
    const { layers } = await parseModel(new Uint8Array(readFileSync(out)));
    expect(layers).toMatchObject([{ name: "embedding" }, { name: "gru.l0.steps" }, { name: "gru.l0", type: "last" }]);
  });

  it("leaves what was there when it cannot write, and no file of its own", async () => {
    const out = scratch("kept.safetensors");
    writeFileSync(out, "as it was");
    expect((await runCli(["convert", broken, "-o", out])).code).toBe(1);
    expect(readFileSync(out, "utf8")).toBe("as it was");
    expect(readdirSync(dirname(out)).filter((name) => name.endsWith(".part"))).toEqual([]);
    expect(existsSync(`${out}.part`)).toBe(false);
  });
});

describe("webgru verify", () => {
  const { fixture: head } = readFixture("torch_embedding_head");
  const [T, B] = [head.sequenceLength, head.batchSize];
  const good = {
    input: array(head.input, T, B),
    output: array(head.output!, T, B, 4),
    finalState: array(head.finalState!, 2, B, 9),
  };
  const off = {
    ...good,
    output: array(
      head.output!.map((value, i) => (i === 17 ? value + 0.5 : value)),
      T,
      B,
      4,
    ),
  };

  it("ends with 0 where every output is within the tolerance", async () => {
    const { code, stdout } = await verify(good);
    expect(stdout).toMatch(
      /^device: CPU.*\nhead: largest error .*e-\d+ of 96 elements\nfinalState: largest error .*e-\d+ of 54 elements\nfine\n$/,
    );
    expect(code).toBe(0);
  });

  it("ends with 1 at a difference, and names the first element of it", async () => {
    const { code, stdout } = await verify(off);
    expect(stdout).toMatch(/^head: largest error 5\.0e-1 of 96 elements; first at \[1, 1, 1\]: expected .*, got .*$/m);
    expect(stdout).toMatch(/beyond 0\.000002\n$/);
    expect(code).toBe(1);
  });

  it("takes a tolerance", async () => {
    expect((await verify(off, "--tolerance", "0.6")).code).toBe(0);
    expect((await verify(good, "--tolerance", "0")).code).toBe(1);
  });

  it("reads indices and lengths as PyTorch and numpy have them, in whole numbers", async () => {
    const cases = scratch("whole.safetensors");
    const lengths = whole(Array<number>(B).fill(T), B);
    const tensors = Object.entries({ input: whole(head.input, T, B), output: good.output, lengths });
    writeFileSync(cases, safetensorsFile({ tensors }));
    const { code, stdout } = await runCli(["verify", text, "--against", cases]);
    expect(stdout).toMatch(/^head: largest error .*\nfine\n$/m);
    expect(code).toBe(0);
  });

  it("reads cases from safetensors, the output's last step, several cases, and gives JSON", async () => {
    const cases = scratch("cases.safetensors");
    const last = array(head.output!.slice(-B * 4), B, 4);
    const tensors = new Map(
      Object.entries({ "a/input": good.input, "a/output": last, "b/input": off.input, "b/output.head": off.output }),
    );
    writeFileSync(cases, safetensorsFile({ tensors }));
    const { code, stdout } = await runCli(["verify", text, "--against", cases, "--json", "--device", "cpu"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      isFine: false,
      results: [
        { case: "a", output: "head", numElements: 12, firstDifference: null },
        { case: "b", output: "head", numElements: 96, firstDifference: { at: 17, index: [1, 1, 1] } },
      ],
    });
  });

  it("finds fine what the README's script writes", async () => {
    const script = readFileSync(fixture("save_with_cases.py"), "utf8");
    expect(readFileSync(`${projectRoot}src/cli/README.md`, "utf8")).toContain(`\`\`\`python\n${script}\`\`\``);
    const { code, stdout } = await runCli([
      "verify",
      fixture("saved_model.pt"),
      "--against",
      fixture("saved_cases.npz"),
    ]);
    expect(stdout).toMatch(
      /^head: largest error .* of 160 elements\nfinalState: largest error .* of 64 elements\nfine$/m,
    );
    expect(code).toBe(0);
  });

  it("takes lengths and initial states", async () => {
    const initialState = array(
      Array.from({ length: 54 }, (_, i) => i / 60),
      2,
      B,
      9,
    );
    const lengths = array([1, T, 0], B);
    const { code, stdout } = await verify({ ...good, initialState, lengths });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^finalState: .* first at \[0, 0, 0\]/m);
  });

  it("takes states by their blocks' names", async () => {
    const [first, second] = [head.finalState!.slice(0, B * 9), head.finalState!.slice(B * 9)];
    const { input, output } = good;
    const blocks = { "finalState.gru.l0.h": array(first, 1, B, 9), "finalState.gru.l1.h": array(second, 1, B, 9) };
    const { code, stdout } = await verify({ input, output, ...blocks });
    expect(stdout).toMatch(/^finalState\.gru\.l1\.h: largest error .*e-\d+ of 27 elements$/m);
    expect(code).toBe(0);
    const begun = await verify({
      input,
      ...blocks,
      "initialState.gru.l1.h": array(Array<number>(27).fill(1), 1, B, 9),
    });
    expect(begun.stdout).toMatch(/^finalState\.gru\.l0\.h: largest error .*e-\d+ of 27 elements$/m);
    expect(begun.stdout).toMatch(/^finalState\.gru\.l1\.h: .* first at \[0, 0, 0\]/m);
  });

  it("compares each row's own last step where lengths are given and one step is expected", async () => {
    const lengths = [1, T, 2];
    const last = lengths.flatMap((length, row) => {
      const start = ((length - 1) * B + row) * 4;
      return head.output!.slice(start, start + 4);
    });
    const { code, stdout } = await verify({ input: good.input, output: array(last, B, 4), lengths: array(lengths, B) });
    expect(stdout).toMatch(/^head: largest error .*e-\d+ of 12 elements\nfine$/m);
    expect(code).toBe(0);
    last[9]! += 1;
    expect((await verify({ input: good.input, output: array(last, B, 4), lengths: array(lengths, B) })).code).toBe(1);
  });

  const refused: [what: string, arrays: Parameters<typeof verify>[0], stderr: string][] = [
    ["no input", { output: good.output }, "cases: expected input, got none"],
    ["no output", { input: good.input }, "cases: expected output, got none"],
    [
      "an array of another name",
      { ...good, y: good.input },
      'cases: expected arrays named input, output, output.<layer>, initialState, finalState, finalState.<layer>.h, lengths, got "y"',
    ],
    [
      "an output that there is not",
      { input: good.input, "output.tail": good.output },
      'cases: output.tail: expected one of the outputs head, got "tail"',
    ],
    [
      "an input of three axes where indices are wanted",
      { ...good, input: array(head.input, T, B, 1) },
      "cases: input: expected shape [T, B] or [T], got [8, 3, 1]",
    ],
    [
      "an output of another size",
      { ...good, output: array([1, 2], 2) },
      "cases: output: expected 96 or 12 elements, got 2, [2]",
    ],
    [
      "a state of another size",
      { ...good, finalState: array([1, 2], 2) },
      "cases: finalState: expected 54 elements, got 2, [2]",
    ],
    [
      "a block that there is not",
      { ...good, "finalState.gru.h": good.finalState },
      'cases: finalState.gru.h: expected one of the blocks of state gru.l0.h, gru.l1.h, got "gru.h"',
    ],
    [
      "an initial state of a block that there is not",
      { ...good, "initialState.gru.h": good.finalState },
      'initialState: expected gru.l0.h, gru.l1.h, got "gru.h"',
    ],
    [
      "an index out of range",
      {
        ...good,
        input: array(
          head.input.map(() => 11),
          T,
          B,
        ),
      },
      'input: expected an index in [0, 11) for embedding "embedding", got 11 at element 0',
    ],
    ["nothing", {}, "cases: expected at least one, got none"],
  ];
  for (const [what, arrays, stderr] of refused) {
    it(`ends with 1 for ${what}`, async () => {
      expect(await verify(arrays)).toEqual({ code: 1, stdout: "", stderr: `webgru: ${stderr}\n` });
    });
  }

  it("ends with 1 for cases that are a model", async () => {
    const model = scratch("model.safetensors");
    writeFileSync(model, stateDictFile(gruShapes("", 1, 1)));
    const { code, stderr } = await runCli(["verify", text, "--against", model]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^webgru: cases: expected arrays named .*, got "weight_ih_l0"\n$/);
  });
});

describe("webgru bench", () => {
  it("times sequences and pushes, and says on what", async () => {
    const { code, stdout } = await runCli(["bench", text, "--seconds", "1", "--steps", "7", "--batch", "2", "--json"]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Record<"sequence" | "push", Record<string, number>>;
    expect(result).toMatchObject({
      device: "cpu",
      deviceReason: expect.stringContaining("no WebGPU") as string,
      shape: "T=7 B=2",
    });
    for (const { times, minMs, p50Ms, p99Ms, meanMs } of [result.sequence, result.push]) {
      expect(times).toBeGreaterThanOrEqual(1);
      expect(minMs).toBeGreaterThan(0);
      expect(minMs).toBeLessThanOrEqual(p50Ms!);
      expect(p50Ms).toBeLessThanOrEqual(p99Ms!);
      expect(minMs).toBeLessThanOrEqual(meanMs!);
    }
    expect(result.sequence["stepsPerSecond"]).toBeCloseTo(14_000 / result.sequence["meanMs"]!, 3);
  });

  it("has no pushes for a model without streams", async () => {
    const { code, stdout } = await runCli(["bench", fixture("torch_bidirectional.pt"), "--seconds", "1"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^device: CPU.*\n.*min ms.*\nsequence T=100 B=1 .*\n[\d,]+ steps\/s in sequences\nno pushes: a layer that runs in reverse/,
    );
  });
});

describe("Progress", () => {
  it("tells once a second how far it is, and nothing of what takes less", () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    const told: string[] = [];
    const progress = new Progress("reading a file", 200, (line) => void told.push(line));
    for (const [timeMs, done] of [
      [900, 10],
      [1000, 51],
      [1900, 100],
      [2100, 200],
      [9000, 300],
    ] as const) {
      now.mockReturnValue(timeMs);
      progress.at(done);
    }
    now.mockRestore();
    expect(told).toEqual(["25%", "100%", "100%"].map((share) => `reading a file: ${share}`));
  });
});

describe("webgru doctor", () => {
  it("reports on Node, and checks a step on the device that it gives", async () => {
    const { code, stdout } = await runCli(["doctor"]);
    expect(code).toBe(0);
    const report: unknown = JSON.parse(stdout);
    expect(report).toMatchObject({ node: { version: process.version, wasmSimd: true, cpu: { isFine: true } } });
  });
});

/** Verifies the fixture's model against arrays. */
async function verify(arrays: Record<string, { shape: number[]; values: Float32Array }>, ...args: string[]) {
  const cases = scratch("cases.npz");
  writeFileSync(cases, npzFile(arrays));
  return runCli(["verify", text, "--against", cases, ...args]);
}

function array(values: number[], ...shape: number[]) {
  return { shape, values: Float32Array.from(values) };
}

function whole(values: number[], ...shape: number[]) {
  return { dtype: "I64", shape, values: BigInt64Array.from(values, BigInt) };
}
