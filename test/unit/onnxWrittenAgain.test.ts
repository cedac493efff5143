// Every ONNX model that the writer writes of the twin cases, read again: the same outputs.

import { createModel, type Network } from "webgru";
import { fromRun, type OnnxNetwork, parseOnnx } from "webgru/onnx";
import { describe, expect, it } from "vitest";
import { stateLength } from "../../src/model/network.js";
import { written, type WrittenCase, writtenCases } from "../cases/writtenCases.js";
import { expectClose } from "../harness/close.js";
import { expectRefusal } from "../harness/refusal.js";

/** Cases that the reader refuses, and why. */
const REFUSED: readonly [cases: RegExp, streaming: boolean | null, reason: RegExp][] = [
  // A frame of several rows, each with its own state, is joined with the batch before the operator.
  [/^(rows-|frame-axes-|dual-path)/, null, /it joins time or batch with features/],
  // Past frames are a state that is put before the sequence; a stream of ours keeps them itself, so the other form is read.
  [/^(conv-past-features|conv-stride-long|pool-past)/, true, /it joins along time or batch/],
  // Several numbers of steps give as many frames, so that the file leaves their number open.
  [/^flatten-strided/, false, /it joins or splits the time or batch axis/],
];

const cases = [...writtenCases()];
const reasonFor = ({ name, streaming }: WrittenCase) =>
  REFUSED.find(([of, form]) => of.test(name) && (form ?? streaming) === streaming)?.[2] ?? null;

describe("a written ONNX model is read again", () => {
  const read = cases.filter((one) => reasonFor(one) === null);

  it("but for few", () => expect(cases.length - read.length).toBeLessThan(20));

  it.each(read.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const { network, streaming } = one;
    const again = parseOnnx(written(one)!);
    // A graph begins with the states that it is given, which are zeros here.
    const ours = await run(network, one, streaming);
    const theirs = await run(again, one, false);
    const states = fromRun(again.graph, theirs, {
      numSteps: one.sequenceLength,
      options: { batchSize: one.batchSize },
    });
    for (const [name, values] of Object.entries(ours.outputs)) {
      const output = again.graph.outputs.find((each) => each.name === name)!;
      const got = output.as === "output" ? theirs.outputs[output.layer]! : states[name]!.data;
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      // A graph of steps gives an end of the sequence at each of them: the last one counts.
      const end = Array.from(got).slice(streaming ? -values.length : 0);
      expectClose(end, values, { atol: 4e-6 * largest, rtol: 0 });
    }
  });
});

async function run(network: Network | OnnxNetwork, { input, batchSize }: WrittenCase, fromZeros: boolean) {
  const model = await createModel(network, { device: "cpu" });
  const initialState = fromZeros ? new Float32Array(stateLength(network, batchSize)) : undefined;
  return model.run(input, { batchSize, ...(initialState && { initialState }) });
}

describe("a written ONNX model that is not read again", () => {
  const refused = cases.filter((one) => reasonFor(one) !== null);
  it.each(refused.map((one) => [one.name, one] as const))("%s", (_, one) =>
    expectRefusal(() => parseOnnx(written(one)!), "unsupported", reasonFor(one)!),
  );
});
