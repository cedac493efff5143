import type { RealModel } from "./realModel.js";

const SILERO = "@ricky0123/vad-web 0.0.31";
const SHAPE = "random";

/** Silero VAD's graph, at one sampling rate. @param numSamples of a frame, from version 5 on with the end of the one before */
function silero(version: number, rate: number, numSamples: number): RealModel {
  return {
    name: `Silero VAD v${version}, ${rate / 1000} kHz`,
    origin: SILERO,
    file: `silero_vad_v${version}.onnx`,
    loadOptions: { constants: { sr: rate }, inputShapes: { input: [1, numSamples] } },
    isStream: true,
    input: "input",
    inputShape: [1, numSamples],
    constants: { sr: rate },
    states: { stateN: "state" },
    scale: 0.3,
  };
}

/** What is different in version 4. */
const V4 = { file: "silero_vad_legacy.onnx", states: { hn: "h", cn: "c" } };

/** A model of test/fixtures/models/shapes.py. */
function shape(name: string, file: string, inputShape: readonly number[], more: Partial<RealModel> = {}): RealModel {
  return { name, origin: SHAPE, file: `${file}.onnx`, isStream: true, input: "x", inputShape, ...more };
}

/** The models of the table, in its order. */
export const realModels: readonly RealModel[] = [
  silero(5, 16_000, 576),
  silero(5, 8000, 288),
  silero(6, 16_000, 576),
  silero(6, 8000, 288),
  { ...silero(4, 16_000, 1536), ...V4 },
  { ...silero(4, 8000, 768), ...V4 },
  {
    name: "GTCRN",
    origin: "Xiaobin-Rong/gtcrn, stream/onnx_models",
    file: "gtcrn_simple.onnx",
    isStream: true,
    input: "mix",
    inputShape: [1, 257, 1, 2],
  },
  shape("LSTM, two layers of 128", "lstm", [1, 1, 40]),
  shape("TEN VAD", "ten_vad", [1, 1, 41]),
  shape("RNNoise 0.2", "rnnoise02", [1, 1, 65]),
  shape("NSNet2", "nsnet2", [1, 1, 161]),
  shape("DeepFilterNet's encoder", "dfn_encoder", [1, 1, 1, 32]),
  shape("RAPTOR", "raptor", [1, 1, 22], { ortFile: "raptor_step.onnx", statesFile: "raptor_step.json" }),
  shape("CRNN keyword spotter", "crnn", [1, 100, 40], { isStream: false }),
  shape("CNN-GRU classifier", "cnn_gru", [1, 128, 9], { file: "cnn_gru.h5", ortFile: "cnn_gru.onnx", isStream: false }),
  shape("attention classifier", "attention", [1, 100, 40], { isStream: false }),
];
