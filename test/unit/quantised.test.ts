// Quantised tensors of PyTorch, and modules that quantize_dynamic packed: how they may lie. What PyTorch wrote is among the fixtures.

import { describe, expect, it } from "vitest";
import { parseTorch } from "../../src/formats/torch/parseTorch.js";
import { bytesOf, type Pickled, pickledTensor, ptFile } from "../files/pickleFile.js";
import { expectRefusal } from "../harness/refusal.js";

const SAVE = 'before it is quantised, save the state_dict in Python: torch.save(model.state_dict(), "model.pt")';
const PER_TENSOR = { global: "torch.per_tensor_affine" };

interface Parts {
  readonly shape: readonly number[];
  readonly key: string;
  readonly type?: string;
  readonly quantizer?: readonly Pickled[];
}

/** A quantised tensor as torch.save pickles it. */
function quantised({ shape, key, type = "torch.QInt8Storage", quantizer = [PER_TENSOR, 2, 1] }: Parts): Pickled {
  const plain = pickledTensor({ shape, key, type }) as { readonly args: readonly Pickled[] };
  const args = [...plain.args.slice(0, 4), quantizer, ...plain.args.slice(4)];
  return { call: { global: "torch._utils._rebuild_qtensor" }, args };
}

/** An object of TorchScript. */
const script = (state: Pickled, name: string): Pickled => ({
  attributesOf: { call: { global: "torch.ScriptObject" }, args: [] },
  attributes: [state, `__torch__.torch.classes.${name}`],
});

/** A packed matrix. */
const packed = (rows: number, columns: number): Pickled =>
  script([quantised({ shape: [rows, columns], key: `${rows}x${columns}` }), null], "quantized.LinearPackedParamsBase");

/** A packed layer of a GRU of two units. */
const layer = (inputSize: number, kind = "quantized_dynamic"): Pickled =>
  script([kind, [], [], [], [packed(6, inputSize), packed(6, 2)]], "rnn.CellParamsBase");

/** A file of packed layers. */
function packedFile(layers: Readonly<Record<number, Pickled>>): Uint8Array {
  const entries = Object.entries(layers).map(([i, each]) => [`gru._all_weight_values.${i}.param`, each] as const);
  const sizes = ["6x2", "6x3", "6x4"].map((key) => [`data/${key}`, new Uint8Array(6 * Number(key[2]))] as const);
  return ptFile(new Map(entries), Object.fromEntries(sizes));
}

/** A file of a cell whose first weight is quantised. */
function cellFile(weight: Partial<Parts>): Uint8Array {
  return ptFile(
    new Map([
      ["weight_ih", quantised({ shape: [3, 2], key: "q", ...weight })],
      ["weight_hh", pickledTensor({ shape: [3, 1], key: "h" })],
    ]),
    {
      "data/q": Uint8Array.of(1, 2, 3, 255, 128, 127),
      "data/h": bytesOf(new Float32Array(3)),
      "data/s": bytesOf(Float64Array.of(1, 0.5, 0.25)),
      "data/z": bytesOf(BigInt64Array.of(0n, 1n, -1n)),
    },
  );
}

const SCALES = pickledTensor({ shape: [3], key: "s", type: "torch.DoubleStorage" });
const ZEROS = pickledTensor({ shape: [3], key: "z", type: "torch.LongStorage" });
const PER_CHANNEL = { global: "torch.per_channel_affine" };
const weightOf = (file: Uint8Array) => [...(parseTorch(file).layers[0] as unknown as { weight: Float32Array }).weight];

describe("a quantised tensor", () => {
  it("has the numbers that its whole ones stand for", () => {
    expect(weightOf(cellFile({}))).toEqual([0, 2, 4, -4, -258, 252]);
    expect(weightOf(cellFile({ type: "torch.QUInt8Storage" }))).toEqual([0, 2, 4, 508, 254, 252]);
    expect(weightOf(cellFile({ quantizer: [PER_CHANNEL, SCALES, ZEROS, 0] }))).toEqual([1, 2, 1, -1, -31.75, 32]);
  });

  it.each([
    [
      "scale that is no number",
      { quantizer: [PER_TENSOR, "2", 0] },
      /expected a quantised tensor's scale and zero point/,
    ],
    ["zero point", { quantizer: [PER_TENSOR, 2] }, /expected a quantised tensor's scale and zero point/],
    ["scales of another axis", { quantizer: [PER_CHANNEL, SCALES, ZEROS, 1] }, /scale and zero point/],
    ["scales of no axis", { quantizer: [PER_CHANNEL, SCALES, ZEROS, 9] }, /scale and zero point/],
    ["quantised scales", { quantizer: [PER_CHANNEL, quantised({ shape: [3], key: "q" }), ZEROS, 0] }, /scale and zero/],
    [
      "numbers of float32",
      { type: "torch.FloatStorage" },
      /expected a quantised tensor's whole numbers, got torch.Float/,
    ],
  ] as const)("is refused for its %s", async (_, parts, message) => {
    await expectRefusal(() => parseTorch(cellFile(parts)), "bad-file", message);
  });

  it("is left out where its scheme is another one", async () => {
    const quantizer = [{ global: "torch.per_channel_affine_float_qparams" }, SCALES, ZEROS, 0];
    await expectRefusal(() => parseTorch(cellFile({ quantizer })), "bad-file", /weight_ih beside weight_hh, got none/);
  });
});

describe("a packed module", () => {
  it("is told in a note, with what PyTorch does beside it", () => {
    const { notes } = parseTorch(packedFile({ 0: layer(3), 1: layer(2) }));
    expect(notes[0]).toBe(
      "Quantised, read as the numbers that they stand for: gru.weight_ih_l0, gru.weight_hh_l0, gru.weight_ih_l1, " +
        "gru.weight_hh_l1; PyTorch rounds what such weights are multiplied by, too, which is not done here.",
    );
  });

  it("has the directions that its sizes say", () => {
    const both = parseTorch(packedFile({ 0: layer(3), 1: layer(3), 2: layer(4), 3: layer(4) })).layers;
    expect(both).toMatchObject([
      { name: "gru.l0", direction: "bidirectional" },
      { name: "gru.l1", direction: "bidirectional" },
    ]);
  });

  it.each([
    [
      "two layers, or two directions",
      packedFile({ 0: layer(2), 1: layer(2) }),
      `torch: "gru.": expected packed layers that read each other, got one that may have two layers, or one of two directions; ${SAVE}`,
    ],
    [
      "a layer that is missing",
      packedFile({ 0: layer(3), 2: layer(2) }),
      `torch: "gru.": expected packed layers that read each other, got other sizes; ${SAVE}`,
    ],
    [
      "float16",
      packedFile({ 0: layer(3, "quantized_fp16") }),
      `torch: "gru._all_weight_values.0.param": expected weights that quantize_dynamic packed as int8, got others; ${SAVE}`,
    ],
    [
      "an object without a state",
      packedFile({ 0: 5 }),
      `torch: "gru._all_weight_values.0.param": expected weights that quantize_dynamic packed as int8, got others; ${SAVE}`,
    ],
  ])("is refused for %s", async (_, file, message) => {
    await expectRefusal(() => parseTorch(file), "unsupported", message);
  });
});
