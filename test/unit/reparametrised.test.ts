// Weights that a state_dict has in parts: what is refused, and what is shared. Their numbers are in the fixtures.

import { describe, expect, it } from "vitest";
import { parseTorch } from "../../src/formats/torch/parseTorch.js";
import type { Tensor } from "../../src/formats/tensor.js";
import { networkFromStateDict } from "../../src/formats/torch/parseTorch.js";
import { expectRefusal } from "../harness/refusal.js";
import { gruShapes, type StateDict, stateDictFile, stateDictTensors } from "../files/stateDictFile.js";

const GRU = gruShapes("gru.", 4, 5);
const read = (head: StateDict) => () => parseTorch(stateDictFile({ ...GRU, "head.bias": [3], ...head }));

describe("a weight in parts", () => {
  it("is told in a note", () => {
    const { notes } = read({ "head.weight_g": [3, 1], "head.weight_v": [3, 5] })();
    expect(notes).toContain("Made of the parts of weight_norm: head.weight.");
  });

  it("has rows as long as its factors", () => {
    const tensors = stateDictTensors({ ...GRU, "head.weight_g": [3, 1], "head.weight_v": [3, 5] });
    const asTensors = new Map(
      [...tensors].map(([name, { shape, values }]): [string, Tensor] => [name, { shape, values, storage: "f32" }]),
    );
    const { weight } = networkFromStateDict(asTensors).layers.at(-1) as unknown as { weight: Float32Array };
    const lengths = [0, 1, 2].map((row) => Math.hypot(...weight.subarray(row * 5, row * 5 + 5)));
    tensors
      .get("head.weight_g")!
      .values.forEach((factor, row) => expect(lengths[row]).toBeCloseTo(Math.abs(factor), 6));
  });

  it("is made once for all names of one tensor, and not again with other parts", async () => {
    const tensors = stateDictTensors({ ...GRU, g: [3, 1], v: [3, 5], other: [3, 1] });
    const of = (name: string): Tensor => ({
      shape: tensors.get(name)!.shape,
      values: tensors.get(name)!.values,
      storage: "f32",
    });
    const [v, g, other] = [of("v"), of("g"), of("other")];
    const gru = Object.keys(GRU).map((name): [string, Tensor] => [name, of(name)]);
    const parts = (factor: Tensor) =>
      new Map([...gru, ["a.weight_v", v], ["a.weight_g", g], ["b.weight_v", v], ["b.weight_g", factor]]);
    const message = "b.weight: expected a tensor of its own, got one that another weight is made of";
    await expectRefusal(() => networkFromStateDict(parts(other)), "unsupported", message);
    await expectRefusal(() => networkFromStateDict(parts(g)), "unsupported", /linear layers, /);
  });

  const refusals: [name: string, head: StateDict, code: "shape-mismatch" | "unsupported", message: string | RegExp][] =
    [
      [
        "a factor for each of other rows",
        { "head.weight_g": [4, 1], "head.weight_v": [3, 5] },
        "shape-mismatch",
        "head.weight: expected a norm's factor for each row or each column, got [4, 1] for [3, 5]",
      ],
      [
        "vectors of other sizes",
        { "head.weight_orig": [3, 5], "head.weight_u": [3], "head.weight_v": [4] },
        "shape-mismatch",
        "head.weight: expected vectors of 3 and 5 numbers, got 3 and 4",
      ],
      [
        "a mask of another shape",
        { "head.weight_orig": [3, 5], "head.weight_mask": [5, 3] },
        "shape-mismatch",
        "head.weight: expected a mask of shape [3, 5], got [5, 3]",
      ],
      [
        "a parametrization of another kind",
        { "head.parametrizations.weight.original": [3, 5] },
        "unsupported",
        /^head\.parametrizations\.weight\.original: expected .* save it plain: torch\.nn\.utils\.parametrize/,
      ],
      [
        "one part without the other",
        { "head.weight_v": [3, 5] },
        "unsupported",
        /^state_dict: expected embedding, GRU, linear and normalisation layers only, got others too.*head\.weight_v/,
      ],
    ];
  for (const [name, head, code, message] of refusals) {
    it(`is refused for ${name}`, async () => expectRefusal(read(head), code, message));
  }
});
