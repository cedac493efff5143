import { describe, expect, it } from "vitest";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { GpuEngine } from "../../src/runtime/gpuEngine.js";
import { StateSlots } from "../../src/runtime/stateSlots.js";
import { fakeDevice } from "../harness/fakeDevice.js";
import { randomGru, uniform } from "../cases/random.js";

describe("StateSlots", () => {
  it("gives states for their own labels alone, whatever layers are called", async () => {
    const shape = { inputSize: 4, hiddenSize: 4 };
    const names = ["weights", "program", "weights.bias", "states"];
    const layers = names.map((name, i) => randomGru(name, [names[i - 1] ?? "input"], shape, uniform(i)));
    const network = defineNetwork({ layers });
    const engine = await GpuEngine.create(network, fakeDevice().choice, "");
    const states = new StateSlots(engine, 2);
    for (const label of ["weights", "program", "weights.bias"]) expect(states.binding(label)).toBeUndefined();
    const offsets = names.map((name) => states.binding(`${name}.state`)!.offset);
    expect(offsets).toEqual([0, 256, 512, 768]);
    expect(states.binding("states")!.offset).toBeUndefined();
  });
});
