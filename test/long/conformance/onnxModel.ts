// Runs an ONNX model through the library's own reader.

import { fromRun, parseOnnx, toRun } from "webgru/onnx";
import { type Device, openModel } from "./device.js";
import type { Done } from "./execute.js";
import type { Program } from "./program.js";
import type { Tensor } from "./tensor.js";

/**
 * Runs a model by `run`, and by a stream where one gives all that is asked.
 *
 * @throws GruError what the reader refuses
 */
export async function executeOnnx({ inputs, outputs }: Program, bytes: Uint8Array, device: Device): Promise<Done> {
  const weights = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [name, { shape, values: data }]),
  );
  const network = parseOnnx(bytes, { weights });
  const { graph } = network;
  const given = toRun(graph, inputs);
  const { input, numSteps, options } = given;
  const nonFinite = !input.every(Number.isFinite);
  const model = await openModel({ network }, device, nonFinite);
  try {
    const results = [asked(fromRun(graph, await model.run(input, options), given), outputs)];
    const isForward = network.layers.every((layer) => layer.type !== "gru" || layer.direction === "forward");
    const isWhole = options.lengths === undefined && options.initialState === undefined;
    const isSequences = graph.outputs
      .filter(({ name }) => outputs.includes(name))
      .every(({ as, axes }) => as === "output" && axes.includes("time"));
    if (device !== "reference" && isForward && isWhole && isSequences && numSteps > 1) {
      const stepLength = input.length / numSteps;
      const parts = [input.subarray(0, stepLength), input.subarray(stepLength)];
      const streamed = await model.stream(parts, options.batchSize);
      results.push(asked(fromRun(graph, { outputs: streamed!, finalState: [] }, given), outputs));
    }
    return { kind: "done", results, sources: ["an ONNX model"] };
  } finally {
    model.dispose();
  }
}

function asked(tensors: ReturnType<typeof fromRun>, names: readonly string[]): Record<string, Tensor> {
  const pairs = names.map((name): [string, Tensor] => {
    const tensor = tensors[name];
    if (tensor === undefined) throw new Error(`output "${name}": expected one of the model's, got none`);
    return [name, { shape: tensor.shape, data: Float64Array.from(tensor.data) }];
  });
  return Object.fromEntries(pairs);
}
