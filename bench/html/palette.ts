/** The class of a contender: its colour is in style.css, for light and for dark. Ours have the strong ones. */
const CLASSES: Readonly<Record<string, string>> = {
  "webgru/webgpu": "c1",
  "webgru/cpu": "c2",
  floor: "c0",
  "plain loop": "c3",
  "onnxruntime-web/webgpu": "c4",
  "onnxruntime-web/wasm": "c5",
  "onnxruntime-node/cpu": "c5",
  "jax-js/webgpu": "c6",
  "TF.js/webgpu": "c7",
  "TF.js/wasm": "c8",
  "LiteRT.js/webgpu": "c9",
};

export function classOf(contender: string): string {
  return CLASSES[contender] ?? "c0";
}
