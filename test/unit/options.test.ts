import { describe, it } from "vitest";
import { createModel, defineNetwork, loadModel } from "../../src/index.js";
import { randomMixed, randomTextModel } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const misspelt = { devise: "cpu" } as object;

describe("what no one asked for", () => {
  it("is refused as an option of loadModel", async () => {
    const message =
      'options: expected device, dtype, nonFinite, autotune, workload, description, linearBeforeReset, constants, inputShapes, states, part, files, signal, onProgress, got "devise"';
    await expectRefusal(() => loadModel(new Uint8Array(), misspelt), "unsupported", message);
  });

  it("is refused as an option of createModel, run, createStream and generate", async () => {
    const model = await createModel(randomTextModel(1, 9), { device: "cpu" });
    const got = /^options: expected .*, got "devise"$/;
    await expectRefusal(() => createModel(model.network, misspelt), "unsupported", got);
    await expectRefusal(() => model.run([1], misspelt), "unsupported", got);
    await expectRefusal(() => model.createStream(misspelt), "unsupported", got);
    const request = { prompt: [1], length: 1, ...misspelt };
    await expectRefusal(() => model.generate(request), "unsupported", got);
  });

  it("is refused as options that are none", async () => {
    await expectRefusal(() => loadModel(new Uint8Array(), "cpu" as never), "unsupported", /, got the string "cpu"$/);
  });

  it("is refused as a network", async () => {
    await expectRefusal(
      () => createModel({} as never, { device: "cpu" }),
      "unsupported",
      "layers: expected an array, got undefined",
    );
    const layer = { type: "gru", name: "gru", inputSize: 1, hiddenSize: 1 } as never;
    const message = "gru.weight: expected a Float32Array, got null";
    await expectRefusal(() => defineNetwork({ layers: [layer] }), "shape-mismatch", message);
  });

  it("is refused as a source", async () => {
    await expectRefusal(() => loadModel(Promise.resolve() as never), "bad-file", /^source: .*, got a Promise$/);
  });

  it("is refused as numbers", async () => {
    const model = await createModel(randomMixed(2, "linear", 3), { device: "cpu" });
    const refuse = (input: unknown, got: string) =>
      expectRefusal(
        () => model.run(input as number[]),
        "bad-input",
        `input: expected a number at element 0, got ${got}`,
      );
    await expectRefusal(
      () => model.run([1, [2, 3, 4, 5]] as never),
      "bad-input",
      "input: expected a number at element 1, got an array; flatten the input",
    );
    await refuse(["1", 2, 3, 4, 5], 'the string "1"');
    await refuse([null, 2, 3, 4, 5], "null");
    await refuse([1n, 2, 3, 4, 5], "a BigInt");
  });
});
