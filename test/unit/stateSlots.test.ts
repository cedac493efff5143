import { describe, expect, it } from "vitest";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { Tuning } from "../../src/plan/tuning.js";
import { GpuEngine } from "../../src/runtime/gpuEngine.js";
import { StateSlots } from "../../src/runtime/stateSlots.js";
import { DEFAULT_FACTS, fakeDevice } from "../harness/fakeDevice.js";
import { randomGru, uniform } from "../cases/random.js";

describe("StateSlots", () => {
  it("binds each layer to its own part, whatever layers are called", async () => {
    const shape = { inputSize: 4, hiddenSize: 4 };
    const names = ["weights", "program", "weights.bias", "states"];
    const layers = names.map((name, i) => randomGru(name, [names[i - 1] ?? "input"], shape, uniform(i)));
    const network = defineNetwork({ layers });
    const engine = await GpuEngine.create(network, fakeDevice().choice, "", new Tuning(DEFAULT_FACTS, []));
    const states = new StateSlots(engine, 2);
    const { layout } = engine;
    const offsets = network.layers.map((layer) => states.binding(layout.state(layer)).offset);
    expect(offsets).toEqual([0, 256, 512, 768]);
    expect(states.binding(layout.states).offset).toBeUndefined();
    const weights = network.layers.map((layer) => engine.weight(layout.weight(layer, "weight"))!.offset!);
    expect(new Set(weights).size).toBe(4);
  });
});
