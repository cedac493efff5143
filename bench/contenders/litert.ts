import type { Contender } from "../contender.js";

/** LiteRT.js takes .tflite graphs alone, and nothing here writes one yet. */
export const litert: Contender = {
  name: "LiteRT.js/webgpu",
  tolerance: 1e-5,
  isPeer: true,
  async load() {
    throw new Error("it runs .tflite graphs alone, and the benchmark has no writer of them");
  },
  prepare: () => Promise.reject(new Error("LiteRT.js: expected to be loaded first")),
};
