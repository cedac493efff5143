// Models of audio programs that lie: each way is refused, by its place in the file.

import { readFileSync } from "node:fs";
import { type GruErrorCode, parseModel } from "webgru";
import { describe, expect, it } from "vitest";
import { expectRefusal } from "../harness/refusal.js";
import { projectRoot } from "../harness/library.js";

const read = (name: string) => new Uint8Array(readFileSync(`${projectRoot}test/fixtures/${name}`));
const encode = (text: string) => new TextEncoder().encode(text);
// oxlint-disable-next-line typescript/no-explicit-any -- a change reaches into JSON of any form
type Json = Record<string, any>;

/** A fixture's JSON with a change. */
function changed(name: string, change: (json: Json) => void): Uint8Array {
  const json = JSON.parse(new TextDecoder().decode(read(`${name}.model.json`))) as Json;
  change(json);
  return encode(JSON.stringify(json));
}

const rtneural: readonly [name: string, change: (json: Json) => void, code: GruErrorCode, says: RegExp][] = [
  ["no layer", (json) => (json["layers"] = []), "unsupported", /at least one layer/],
  ["layers that are no list", (json) => (json["layers"] = {}), "bad-file", /^layers: expected a list, got \{\}/],
  ["a layer that is none", (json) => (json["layers"][0] = 1), "bad-file", /^layers\[0\]: expected an object, got 1/],
  [
    "a type that it lists not",
    (json) => (json["layers"][1].type = "unknown"),
    "unsupported",
    /^layers\[1\]: expected RTNeural's dense.*got "unknown"; load the model/,
  ],
  ["a type of every object's", (json) => (json["layers"][1].type = "toString"), "unsupported", /got "toString"/],
  ["two dimensions", (json) => (json["layers"][0].shape = [null, null, 5, 1]), "unsupported", /at most 3 axes, got 4/],
  [
    "no input",
    (json) => (json["in_shape"] = [null, null, 0]),
    "bad-file",
    /^in_shape: expected a whole number from 1 on, got 0/,
  ],
  [
    "an input of another size",
    (json) => (json["in_shape"] = [null, null, 3]),
    "shape-mismatch",
    /weights\[0\]: expected shape \[3, 5\], got \[2, 5\]/,
  ],
  [
    "an output of another size",
    (json) => (json["layers"][3].shape = [7]),
    "shape-mismatch",
    /^gru_3.weights\[0\]: expected shape \[4, 21\], got \[4, 18\]/,
  ],
  [
    "an activation that it lists not",
    (json) => (json["layers"][0].activation = "gelu"),
    "unsupported",
    /^time_distributed_dense_0.activation: expected tanh.*got "gelu"/,
  ],
  [
    "another activation of a GRU",
    (json) => (json["layers"][3].activation = "relu"),
    "unsupported",
    /^gru_3.activation: expected tanh/,
  ],
  [
    "a GRU of one bias",
    (json) => (json["layers"][3].weights[2] = Array(18).fill(0)),
    "shape-mismatch",
    /expected shape \[2, 18\], got \[18\]/,
  ],
  [
    "ragged rows",
    (json) => json["layers"][3].weights[0][1].pop(),
    "bad-file",
    /^gru_3.weights\[0\]: expected lists of shape \[4, 18\], got/,
  ],
  ["words for numbers", (json) => (json["layers"][5].weights[1][0] = "1"), "bad-file", /expected numbers, got "1"/],
  ["null for NaN", (json) => (json["layers"][5].weights[1][0] = null), "bad-file", /expected numbers, got null/],
  [
    "too few arrays",
    (json) => (json["layers"][3].weights = []),
    "bad-file",
    /^gru_3.weights: expected 3 arrays, got 0/,
  ],
  ["too many arrays", (json) => json["layers"][5].weights.push([1]), "bad-file", /expected 2 arrays, got 3/],
  [
    "another number of taps",
    (json) => (json["layers"][1].kernel_size = [2]),
    "shape-mismatch",
    /^conv1d_1.weights\[0\]: expected shape \[2, 5, 4\]/,
  ],
  [
    "a dilation of 0",
    (json) => (json["layers"][1].dilation = [0]),
    "bad-file",
    /^conv1d_1.dilation: expected a whole number from 1 on/,
  ],
  [
    "three arrays of a normalisation",
    (json) => json["layers"][2].weights.pop(),
    "bad-file",
    /expected 2 or 4 arrays, got 3/,
  ],
  ["a variance below 0", (json) => (json["layers"][2].weights[3][0] = -1), "bad-file", /batchnorm_2/],
  ["no epsilon", (json) => delete json["layers"][2].epsilon, "bad-file", /epsilon: expected a number/],
  [
    "slopes of another size",
    (json) => (json["layers"][4].weights = [[[1]]]),
    "shape-mismatch",
    /expected shape \[1, 6\], got \[1, 1\]/,
  ],
  [
    "a skip to several outputs",
    (json) => (json["in_skip"] = 1),
    "unsupported",
    /^in_skip: expected 0, or 1 for an output of one, got 1 for 3/,
  ],
  ["numbers four lists deep", (json) => (json["layers"][5].weights[0] = [[[[1]]]]), "bad-file", /at most 3 deep/],
];

const guitarml: readonly [name: string, change: (json: Json) => void, code: GruErrorCode, says: RegExp][] = [
  [
    "another model",
    (json) => (json["model_data"].model = "ConvSimpleRNN"),
    "unsupported",
    /expected SimpleRNN, got "ConvSimpleRNN"/,
  ],
  [
    "another unit",
    (json) => (json["model_data"].unit_type = "QRNN"),
    "unsupported",
    /expected LSTM, GRU, RNN, got "QRNN"/,
  ],
  [
    "another size",
    (json) => (json["model_data"].hidden_size = 4),
    "shape-mismatch",
    /weight_ih_l0"\]: expected shape \[12, 3\], got \[15, 3\]/,
  ],
  [
    "more layers than it has",
    (json) => (json["model_data"].num_layers = 3),
    "bad-file",
    /weight_ih_l2"\]: expected numbers, got undefined/,
  ],
  [
    "fewer layers than it has",
    (json) => (json["model_data"].num_layers = 1),
    "bad-file",
    /only tensors of rec, 1 layers, and lin, got/,
  ],
  ["very many layers", (json) => (json["model_data"].num_layers = 1e9), "bad-file", /at most 64/],
  [
    "a skip of more than it has",
    (json) => (json["model_data"].skip = 3),
    "unsupported",
    /skip: expected 0, or 2 as output_size, got 3/,
  ],
  ["no sizes", (json) => (json["model_data"] = null), "bad-file", /^model_data: expected an object, got null/],
];

describe("a model of an audio program", () => {
  for (const [name, change, code, says] of rtneural) {
    it(`of RTNeural with ${name} is refused`, () =>
      expectRefusal(() => parseModel(changed("audio_rtneural", change)), code, says));
  }
  for (const [name, change, code, says] of guitarml) {
    it(`of GuitarML with ${name} is refused`, () =>
      expectRefusal(() => parseModel(changed("audio_guitarml_gru", change)), code, says));
  }

  it("may have its keys in any order, and a byte order mark", async () => {
    const bytes = changed("audio_rtneural", () => {});
    const { layers, in_shape: shape } = JSON.parse(new TextDecoder().decode(bytes)) as Json;
    const turned = encode(`\ufeff${JSON.stringify({ layers, in_shape: shape })}`);
    expect(await parseModel(turned)).toEqual(await parseModel(bytes));
  });

  it("tells the gains that a player applies", async () => {
    const { notes } = await parseModel(read("audio_aida_x.model.json"));
    expect(notes).toEqual([expect.stringMatching(/0 dB before and -3\.5 dB after/)]);
  });
});

const text = new TextDecoder().decode(read("audio_rnnoise_2018.rnnn"));
const texts: readonly [name: string, file: string, code: GruErrorCode, says: RegExp][] = [
  ["another version", text.replace("version 1", "version 2"), "unsupported", /got "rnnoise-nu model file version 2"/],
  ["a number of more than a byte", text.replace(/\s-?\d+\n$/, " 128\n"), "bad-file", /from -128 to 127, got "128"/],
  [
    "a fraction",
    text.replace(/\s-?\d+\n$/, " 0.5\n"),
    "bad-file",
    /expected a whole number from -128 to 127, got "0\.5"/,
  ],
  ["its end missing", text.replace(/\s-?\d+\n$/, "\n"), "bad-file", /got the end/],
  ["more than it has", `${text} 1`, "bad-file", /expected the end after 6 layers, got "1"/],
  ["more units than RNNoise takes", text.replace("\n42 3 0", "\n42 129 0"), "bad-file", /from 1 to 128, got "129"/],
  ["layers that do not fit", text.replace("\n42 3 0", "\n42 4 0"), "bad-file", /rnnoise/],
];

describe("RNNoise's text of 2018", () => {
  for (const [name, file, code, says] of texts) {
    it(`with ${name} is refused`, () => expectRefusal(() => parseModel(encode(file)), code, says));
  }
});

const blob = read("audio_rnnoise_02_int8.blob");

/** The blob with a number of a record's header or data changed. @param at from the record's start */
function poked(record: string, at: number, value: number): Uint8Array {
  const bytes = blob.slice();
  new DataView(bytes.buffer).setInt32(startOf(record) + at, value, true);
  return bytes;
}

/** Where a record starts. */
function startOf(record: string): number {
  return new TextDecoder("latin1").decode(blob).indexOf(`${record}\0`) - 20;
}

function renamed(record: string): Uint8Array {
  const bytes = blob.slice();
  bytes[startOf(record) + 20] = 120;
  return bytes;
}

const [SIZE, BLOCK_SIZE, DATA] = [12, 16, 64];
const blobs: readonly [name: string, file: Uint8Array, code: GruErrorCode, says: RegExp][] = [
  ["another start of a record", poked("conv1_bias", 0, 0), "bad-file", /expected "DNNw" at/],
  ["a record cut short", blob.subarray(0, -1), "bad-file", /expected a block for "vad_dense_bias" inside the file/],
  ["a header cut short", blob.subarray(0, blob.length - 100), "bad-file", /expected a record of 64 bytes/],
  ["a size below 0", poked("conv1_bias", SIZE, -4), "bad-file", /-4 of 64 bytes/],
  ["a size above its block's", poked("conv1_bias", SIZE, 68), "bad-file", /68 of 64 bytes/],
  ["a block of more than the file", poked("conv1_bias", BLOCK_SIZE, 1 << 30), "bad-file", /inside the file/],
  [
    "a bias missing",
    renamed("gru2_input_bias"),
    "unsupported",
    /expected a record "gru2_input_bias", as RNNoise 0\.2 has it, got conv1_weights_float/,
  ],
  [
    "weights missing",
    renamed("gru2_input_weights_int8"),
    "unsupported",
    /expected a record "gru2_input_weights_float"/,
  ],
  ["a scale missing", renamed("conv2_scale"), "unsupported", /expected a record "conv2_scale"/],
  [
    "a bias of another size",
    poked("gru1_input_bias", SIZE, 188),
    "bad-file",
    /gru1_input_weights_idx: expected blocks|numbers/,
  ],
  [
    "a bias of no whole numbers",
    poked("conv1_bias", SIZE, 31),
    "bad-file",
    /conv1_bias: expected float32 numbers, got 31 bytes/,
  ],
  ["more blocks than it has", poked("gru1_input_weights_idx", DATA, 100), "bad-file", /gru1_input_weights_idx/],
  [
    "a block between others",
    poked("gru1_input_weights_idx", DATA + 4, 2),
    "bad-file",
    /a multiple of 4 inside 16 inputs, got 2/,
  ],
  [
    "a block past the inputs",
    poked("gru1_input_weights_idx", DATA + 4, 16),
    "bad-file",
    /a multiple of 4 inside 16 inputs, got 16/,
  ],
  [
    "a diagonal of another size",
    poked("gru1_recurrent_weights_diag", SIZE, 4),
    "bad-file",
    /expected 48 numbers, got 1/,
  ],
  [
    "weights of another size",
    poked("gru1_input_weights_int8", SIZE, 64),
    "bad-file",
    /gru1_input_weights: expected \d+ numbers, got 64/,
  ],
  ["heads of another size", poked("vad_dense_weights_float", SIZE, 64), "shape-mismatch", /vad_dense/],
];

describe("RNNoise's weights of 0.2", () => {
  for (const [name, file, code, says] of blobs) {
    it(`with ${name} are refused`, () => expectRefusal(() => parseModel(file), code, says));
  }

  it("with two records of one name are refused", () =>
    expectRefusal(() => parseModel(Uint8Array.from([...blob, ...blob])), "bad-file", /"conv1_weights_float" twice/));
});
