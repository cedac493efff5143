import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { cpuPath, type OpenGpu } from "../../src/engine/registry.js";
import { oneGru } from "../cases/random.js";

const workload = { measure: false };
const offer = async () =>
  (await cpuPath()).offer(oneGru(1, { inputSize: 3, hiddenSize: 128 }), workload, {} as OpenGpu);

describe("what the CPU path offers where there is a GPU", () => {
  beforeAll(() => import("../../src/entries/cpu.js"));
  afterEach(() => vi.restoreAllMocks());

  it("is an engine, for what it finishes first", async () => {
    expect(await offer()).toMatchObject({ engine: { device: "cpu" } });
  });

  it("is nothing where the module has no room for the weights: the GPU may have it", async () => {
    vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
      throw new RangeError("no more");
    });
    expect(await offer()).toEqual({
      whyNot: expect.stringMatching(/^a GPU was found; the CPU cannot run this model: .*no more/) as string,
    });
  });
});
