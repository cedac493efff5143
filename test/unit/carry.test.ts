// A network that carries a layer's output to the next step.

import { createModel, defineNetwork, type GruErrorCode, type LayerSpec } from "webgru";
import { describe, expect, it } from "vitest";
import { randomInput, randomDense, randomGru, uniform } from "../cases/random.js";
import { twinCase } from "../cases/twinCases.js";

const next = uniform(940);
const carry = { type: "carry", name: "fed", size: 3, next: "head" } as const;
const head = randomDense("head", ["input", "fed"], [7, 3], "tanh", next);
const gru = randomGru("gru", ["head"], { inputSize: 3, hiddenSize: 3, direction: "reverse" }, next);

describe("a layer of type carry", () => {
  it.each<[what: string, layers: LayerSpec[], code: GruErrorCode, message: string]>([
    [
      "names no layer",
      [{ ...carry, next: "hed" }, head],
      "unsupported",
      'layer "fed": expected next to name a layer after it that gives every step, got "hed"',
    ],
    [
      "names itself",
      [{ ...carry, next: "fed" }, head],
      "unsupported",
      'layer "fed": expected next to name a layer after it that gives every step, got "fed"',
    ],
    [
      "names a summary",
      [{ ...carry, next: "end" }, head, { type: "last", name: "end", inputs: ["head"], inputSize: 3 }],
      "unsupported",
      'layer "fed": expected next to name a layer after it that gives every step, got "end"',
    ],
    [
      "has another size than that layer",
      [{ ...carry, size: 4 }, randomDense("head", ["input", "fed"], [8, 3], "tanh", next)],
      "shape-mismatch",
      'layer "fed": expected size 3, that of "head", got 4',
    ],
    [
      "reads an input",
      [{ ...carry, inputs: ["input"] }, head],
      "unsupported",
      'layer "fed": expected inputs to be none, got ["input"]',
    ],
    [
      "is beside a layer that needs the end",
      [carry, head, gru],
      "unsupported",
      'layer "gru": expected a layer that can go step by step, as "fed" needs, got direction "reverse"',
    ],
  ])("is refused where it %s", (_, layers, code, message) => {
    expect(() => defineNetwork({ layers })).toThrow(expect.objectContaining({ code, message }));
  });

  it("is advanced by a push whose outputs nobody reads", async () => {
    const network = twinCase("carry").network();
    const model = await createModel(network, { device: "cpu" });
    const input = randomInput(network, 6, 941);
    const { output, finalState } = await model.run(input);
    const stream = model.createStream();
    const half = 3 * network.inputSize;
    await stream.push(input.subarray(0, half), { output: "none" });
    expect(await stream.push(input.subarray(half))).toEqual(output.slice(output.length / 2));
    const { finalState: again } = await model.run(input, { initialState: finalState });
    expect(again).not.toEqual(finalState);
  });
});
