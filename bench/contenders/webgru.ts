import { createModel } from "webgru";
import type { Contender } from "../contender.js";

/** This library on one of its devices. */
export function webgru(device: "webgpu" | "cpu"): Contender {
  return {
    name: `webgru/${device}`,
    tolerance: 2e-6, // the project's goal for float32
    isPeer: false,
    load: async () => {}, // with the page
    async prepare(network) {
      const model = await createModel(network, { device });
      return {
        runSequence: async (input, batchSize) => (await model.run(input, { batchSize })).output,
        openStream: () => model.createStream(),
        dispose: () => model.dispose(),
      };
    },
  };
}
