import { describe, expect, it } from "vitest";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { dispatchesOf } from "../../src/plan/plan.js";
import { CompiledPlan } from "../../src/runtime/compiledPlan.js";
import { Pipelines } from "../../src/runtime/pipelines.js";
import { Recorder } from "../../src/runtime/recorder.js";
import { fakeDevice } from "../harness/fakeDevice.js";
import { planOf } from "../harness/planning.js";
import { randomGru, uniform } from "../cases/random.js";

const network = defineNetwork({
  layers: [randomGru("gru", ["input"], { inputSize: 4, hiddenSize: 8 }, uniform(1))],
});

/** The params' writes of chunks of some numbers of rows, of a plan for up to 16 rows. */
async function paramsOf(chunkSteps: number, numRows: readonly number[]): Promise<number[][]> {
  const { choice, writes } = fakeDevice();
  const { device, loss } = choice;
  const plan = planOf(network, { maxRows: 16, chunkSteps, lastOnly: false });
  const kernels = plan.stages.flatMap(dispatchesOf);
  const pipelines = await Pipelines.compile(
    device,
    loss,
    kernels.map(({ kernel }) => kernel),
  );
  const compiled = new CompiledPlan(device, plan, pipelines, () => undefined, 1e9);
  for (const rows of numRows) {
    compiled.encode(new Recorder(device, 1e9), { numRows: rows, numSteps: chunkSteps, isLast: true });
  }
  return writes.map(({ data }) => [...data]);
}

/** The first step's { first_row, step, end, batch_size }. */
const firstSteps = (params: readonly number[][]) => params.map((each) => each.slice(0, 4));

describe("CompiledPlan", () => {
  it("tells kernels how many rows there are whenever that changes, of a single step too", async () => {
    for (const chunkSteps of [1, 2]) {
      const params = firstSteps(await paramsOf(chunkSteps, [5, 12, 12, 3]));
      expect(params).toEqual([5, 12, 3].map((numRows) => [0, 0, expect.any(Number), numRows]));
    }
  });

  it("tells each step its first row", async () => {
    const [params] = await paramsOf(2, [5]);
    expect(params!.slice(64, 68)).toEqual([5, 1, expect.any(Number), 5]);
  });
});
