import { createModel, defineNetwork } from "webgru";

/** A model on the CPU that halves its input: its description of itself, and its output for 1 and 2. */
export async function halve(): Promise<{ deviceName: string; explanation: string; output: number[] }> {
  const dense = { type: "dense", name: "half", inputSize: 1, outputSize: 1, weight: Float32Array.of(0.5) } as const;
  const model = await createModel(defineNetwork({ layers: [dense] }), { device: "cpu" });
  const { output } = await model.run([1, 2]);
  return { deviceName: model.deviceName, explanation: model.explain(), output: [...output] };
}
