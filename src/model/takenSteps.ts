import { stepsFor } from "../layers/cadence.js";
import { layerType } from "../layers/index.js";
import { cadencesOf, framesPerStep, type Network } from "./network.js";

/** Steps of a sequence that the network takes: about so many, or all that one of its layers takes together. */
export function takenSteps(network: Network, numSteps: number): number {
  for (const layer of network.layers) {
    const steps = layerType(layer).sequenceLength?.(layer);
    if (steps !== undefined) return stepsFor(cadencesOf(network.layers).get(layer.inputs[0]!)!, steps);
  }
  const frames = framesPerStep(network);
  return frames * Math.ceil(numSteps / frames);
}
