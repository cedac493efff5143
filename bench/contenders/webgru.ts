import type * as webgruLibrary from "webgru";
import type { Contender } from "../contender.js";

/** The library, however it was loaded. */
export type Library = Pick<typeof webgruLibrary, "createModel">;

/**
 * This library on one of its devices.
 *
 * @param load fetches the file that the device takes beside the main one
 */
export function webgru(
  { createModel }: Library,
  device: "webgpu" | "cpu",
  load: () => Promise<unknown> = async () => {},
): Contender {
  return {
    name: `webgru/${device}`,
    tolerance: 2e-6, // the project's goal for float32
    isPeer: false,
    load: async () => void (await load()),
    async prepare(network) {
      const model = await createModel(network, { device });
      return {
        runSequence: async (input, batchSize) => (await model.run(input, { batchSize, returnState: false })).output,
        openStream: () => model.createStream(),
        dispose: () => model.dispose(),
      };
    },
  };
}
