import { createModel } from "webgru";
import type { Contender } from "../contender.js";

/** This library on one of its devices. */
export function webgru(device: "webgpu" | "cpu"): Contender {
  return {
    name: `webgru/${device}`,
    async prepare(network) {
      const model = await createModel(network, { device });
      const stream = model.createStream();
      return {
        runSequence: async (input) => (await model.run(input)).output,
        push: (input) => stream.push(input),
        dispose: () => model.dispose(),
      };
    },
  };
}
