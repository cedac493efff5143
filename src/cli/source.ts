import type { Network } from "../index.js";

/** The format of a model file, and its conventions. */
export interface Source {
  readonly format: string;
  readonly conventions: string;
}

const KERAS = "Keras's: gates z r h, [in, out]";
const TORCH = "PyTorch's: gates r z n, reset after the recurrent product, two biases, [out, in]";

/** Formats by first bytes. Safetensors come first: their first 8 bytes, a length, may have any value. */
const FORMATS: readonly [begins: RegExp, source: Source][] = [
  [/^[^]{8}\{[^]*"webgru"/, { format: "webgru's safetensors", conventions: "webgru's: gates r z n, [out, in]" }],
  [/^[^]{8}\{/, { format: "a PyTorch state_dict in safetensors", conventions: TORCH }],
  [/^PK[^]{28}(metadata|config|model\.weights)\./, { format: ".keras", conventions: KERAS }],
  [/^PK[^]*\.npy/, { format: ".npz", conventions: `the names': ${TORCH}; Keras's: gates z r h, [in, out]` }],
  [/^(PK|\x80)/, { format: "PyTorch's .pt", conventions: TORCH }],
  [/^\x89HDF/, { format: "Keras's .h5", conventions: KERAS }],
  [/^\s*{[^]*"in_shape"/, { format: "RTNeural's JSON", conventions: KERAS }],
  [/^\s*{[^]*"(model_data|state_dict)"/, { format: "GuitarML's JSON", conventions: TORCH }],
  [/^rnnoise-/, { format: "RNNoise's model of 2018", conventions: `${KERAS}, reset before the recurrent product` }],
  [/^DNNw/, { format: "RNNoise's weights of 0.2", conventions: "Keras's order of gates, z r h; [in, out], in blocks" }],
  [/^[{[]/, { format: "TF.js layers model", conventions: KERAS }],
];

/** The format of a file, by its first bytes and its network's notes. */
export function describeSource(start: Uint8Array, { notes }: Network): Source {
  const text = Array.from(start, (byte) => String.fromCharCode(byte)).join("");
  const [, source] = FORMATS.find(([begins]) => begins.test(text)) ?? [
    null,
    { format: "ONNX", conventions: "ONNX's: gates z r h, [out, in]" },
  ];
  if (source.format !== ".npz") return source;
  const isKeras = notes.some((note) => note.includes("Keras"));
  return { format: ".npz", conventions: isKeras ? KERAS : TORCH };
}
