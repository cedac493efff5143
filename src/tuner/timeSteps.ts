import type { Engine } from "../engine/engine.js";
import type { Network } from "../model/network.js";
import { takenSteps } from "../model/takenSteps.js";
import { ALL } from "../model/outputRequest.js";

/** Steps of the timed sequence, about. */
const TIMED_STEPS = 32;

/**
 * Time of a sequence and of a streamed step, one row, in milliseconds. The second of two runs: the first one compiles kernels.
 *
 * @param engine is disposed at the end
 */
export async function timeSteps(engine: Engine, network: Network): Promise<number> {
  try {
    const [many, one] = [takenSteps(network, TIMED_STEPS), takenSteps(network, 1)];
    const session = engine.createSession(1, many);
    const advance = (numSteps: number) =>
      session.advance({
        input: new Float32Array(numSteps * network.inputSize),
        slots: [0],
        lengths: null,
        lastOnly: false,
        withState: true,
        output: ALL,
      });
    try {
      let startMs = 0;
      for (let i = 0; i < 2; i++) {
        startMs = performance.now();
        await advance(many);
        await advance(one);
      }
      return performance.now() - startMs;
    } finally {
      session.dispose();
    }
  } finally {
    engine.dispose();
  }
}
