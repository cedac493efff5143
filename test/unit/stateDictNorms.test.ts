// Normalisations of a state_dict: where they are, and where the file does not say it.

import { describe, expect, it } from "vitest";
import type { NetworkDescription } from "../../src/formats/description.js";
import { parseTorch } from "../../src/formats/torch/parseTorch.js";
import type { Network } from "../../src/model/network.js";
import { ptStateDict } from "../files/pickleFile.js";
import { gruShapes, linearShapes, type StateDict, stateDictFile, stateDictTensors } from "../files/stateDictFile.js";
import { safetensorsFile } from "../files/safetensorsFile.js";
import { expectRefusal } from "../harness/refusal.js";

/** A .pt file, whose order is the module's. */
const pt = (shapes: StateDict) => ptStateDict(positive(stateDictTensors(shapes)));

/** The same tensors; a variance is not negative. */
function positive<T extends { readonly values: Float32Array }>(tensors: Map<string, T>): Map<string, T> {
  for (const [name, { values }] of tensors)
    if (name.endsWith("running_var")) values.forEach((x, i) => (values[i] = x * x));
  return tensors;
}

const norm = (name: string, size: number): StateDict => ({ [`${name}.weight`]: [size], [`${name}.bias`]: [size] });
const batch = (name: string, size: number): StateDict => ({
  ...norm(name, size),
  [`${name}.running_mean`]: [size],
  [`${name}.running_var`]: [size],
});
const wiring = ({ layers }: Network) => layers.map(({ name, inputs }) => `${inputs.join("+")} > ${name}`);
const gru = gruShapes("gru.", 4, 5, { numLayers: 2 });

describe("a normalisation of a state_dict", () => {
  it.each([
    ["before the first layer", { ...norm("ln", 4), ...gru }, ["input > ln", "ln > gru.l0", "gru.l0 > gru.l1"]],
    ["after the last one", { ...gru, ...batch("bn", 5) }, ["input > gru.l0", "gru.l0 > gru.l1", "gru.l1 > bn"]],
    [
      "between two layers of which each would fit",
      { ...gru, ...norm("ln1", 5), ...linearShapes("fc", 5, 5) },
      ["input > gru.l0", "gru.l0 > gru.l1", "gru.l1 > ln1", "ln1 > fc"],
    ],
    [
      "twice, one after the other",
      { ...gru, ...batch("bn", 5), ...norm("ln", 5), ...linearShapes("fc", 5, 2) },
      ["input > gru.l0", "gru.l0 > gru.l1", "gru.l1 > bn", "bn > ln", "ln > fc"],
    ],
  ] as const)("is where the order of a .pt file says: %s", (_, shapes, expected) => {
    expect(wiring(parseTorch(pt(shapes)))).toEqual(expected);
  });

  it("is where sizes leave one place, in a file whose order says nothing", () => {
    const tensors = positive(stateDictTensors({ ...batch("a", 5), ...linearShapes("fc", 5, 2), ...gru }));
    const bytes = safetensorsFile({ tensors });
    expect(wiring(parseTorch(bytes))).toEqual(["input > gru.l0", "gru.l0 > gru.l1", "gru.l1 > a", "a > fc"]);
  });

  it("is told in notes, with what the file does not say", () => {
    const { notes } = parseTorch(pt({ ...gru, ...batch("bn", 5), ...linearShapes("fc", 5, 2) }));
    expect(notes.slice(0, 2)).toEqual([
      '"bn" is taken to normalise what "gru.l1" gives, as the file\'s order says; if it does not, pass a description.',
      'Batch normalisation of inference, with eps 0.00001, which is not in the file: "bn".',
    ]);
    expect(notes.at(-1)).toMatch(/then BatchNorm "bn" 5, then linear "fc"/);
  });

  it("has the numbers that PyTorch computes in inference", () => {
    const tensors = stateDictTensors({ ...gruShapes("gru.", 2, 1), ...batch("bn", 1) });
    for (const [part, value] of Object.entries({ weight: 3, bias: 0.5, running_mean: 2, running_var: 4 })) {
      tensors.get(`bn.${part}`)!.values[0] = value;
    }
    const [, map] = parseTorch(ptStateDict(tensors)).layers as unknown as {
      operand: Float32Array;
      bias: Float32Array;
    }[];
    expect(map!.operand[0]).toBeCloseTo(3 / Math.sqrt(4.00001), 6);
    expect(map!.bias[0]).toBeCloseTo(0.5 - (2 * 3) / Math.sqrt(4.00001), 6);
  });

  it.each([
    [
      "the order contradicts the sizes",
      pt({ ...gru, ...linearShapes("fc", 5, 2), ...norm("ln", 5) }),
      /got "ln", a normalisation of 5 features whose place neither order nor sizes tell; pass a description/,
    ],
    [
      "it is of other features",
      pt({ ...gru, ...batch("bn", 6) }),
      /got "bn", a normalisation of 6 features whose place neither order nor sizes tell; pass a description/,
    ],
    [
      "sizes leave several places, and there is no order",
      stateDictFile({ ...gruShapes("gru.", 5, 5), ...norm("ln", 5) }),
      /got "ln", a normalisation of 5 features whose place neither order nor sizes tell; pass a description/,
    ],
    [
      "two fit one place, and there is no order",
      stateDictFile({ ...gru, ...norm("ln1", 5), ...norm("ln2", 5) }),
      /got "ln2", a normalisation of 5 features whose place/,
    ],
    [
      "an activation may follow it",
      pt({ ...linearShapes("input_proj", 3, 4), ...batch("bn", 4), ...gru }),
      /got "bn", a normalisation of "input_proj", behind which most have an activation; pass a description/,
    ],
  ])("asks for a description where %s", async (_, bytes, message) => {
    await expectRefusal(() => parseTorch(bytes), "unsupported", message);
  });

  it("asks by a description that loads when its open values are filled in", () => {
    const bytes = pt({ ...linearShapes("input_proj", 3, 4), ...batch("bn", 4), ...gru });
    let description: NetworkDescription | null = null;
    try {
      parseTorch(bytes);
    } catch (error) {
      ({ description } = (error as { cause: { description: NetworkDescription } }).cause);
    }
    const text = JSON.stringify(description).replaceAll('"activation":"?"', '"activation":"relu"');
    expect(wiring(parseTorch(bytes, JSON.parse(text) as NetworkDescription))).toEqual([
      "input > input_proj",
      "input_proj > bn",
      "bn > bn.activation",
      "bn.activation > gru.l0",
      "gru.l0 > gru.l1",
    ]);
  });

  it("is refused for parts of several sizes", async () => {
    const shapes = { ...gru, ...batch("bn", 5), "bn.running_var": [4] };
    await expectRefusal(() => parseTorch(pt(shapes)), "shape-mismatch", "bn.running_var: expected shape [5], got [4]");
  });
});
