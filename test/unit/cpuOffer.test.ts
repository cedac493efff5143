import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { registeredCpu } from "../../src/cpu/registry.js";
import { oneGru } from "../random.js";

const use = { measure: false };
const offer = () => registeredCpu()!.offer(oneGru(1, { inputSize: 3, hiddenSize: 128 }), use, {} as GPUDevice);

describe("what the CPU path offers where there is a GPU", () => {
  beforeAll(() => import("../../src/cpu.js"));
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
