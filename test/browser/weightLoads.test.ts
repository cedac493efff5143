// A GRU is bound by how often it reads its weights: counted here, load by load, for every kernel that goes through time.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { paddedSize } from "../../src/kernels/kernelSpec.js";
import { projectRoot } from "../harness/library.js";
import type { FamilyName } from "../cases/familyTables.js";
import { openSharedPage } from "./support/openPage.js";
import type { LoadsRequest, WeightLoads } from "./support/weightLoads.js";

/** How a run goes through time, and what it is to load. */
interface Run {
  readonly name: FamilyName;
  readonly resetAfter: boolean;
  /** Their names, in the order of the plan. */
  readonly kernels: readonly string[];
  readonly numLayers?: number;
  readonly numSteps?: number;
  /** How often each row of the recurrent matrix is to be loaded: once for each step and row when absent. */
  readonly recurrent?: (request: LoadsRequest) => number;
  /** Whether what pads the units is loaded as often as they are. */
  readonly loadsPadding?: boolean;
  /** How often each row of the input matrix is: once for eight rows of all steps when absent. */
  readonly input?: (request: LoadsRequest, layer: number) => number;
}

/** Units that leave some of a vec4, a workgroup and a tile of rows over. */
const SHAPE = { inputSize: 6, hiddenSize: 33, batchSize: 5 };

const everyStep = ({ batchSize, numSteps }: LoadsRequest) => batchSize * numSteps;
const projected = (request: LoadsRequest) => Math.ceil(everyStep(request) / 8);

const RUNS: readonly Run[] = [
  { name: "step", resetAfter: true, kernels: ["gru_project", "gru_step"] },
  { name: "step", resetAfter: false, kernels: ["gru_project", "gru_gates", "gru_new"] },
  // For so few rows that a product of their own is not worth it.
  { name: "cell", resetAfter: true, kernels: ["gru_cell"], numSteps: 1, input: everyStep },
  // Its last invocation loads the padding units too.
  { name: "fourUnits", resetAfter: true, kernels: ["gru_project", "gru_step"], loadsPadding: true },
  {
    name: "fourRows",
    resetAfter: true,
    kernels: ["gru_project", "gru_step"],
    recurrent: ({ batchSize, numSteps }) => Math.ceil(batchSize / 4) * numSteps,
  },
  { name: "persistent", resetAfter: true, kernels: ["gru_project", "gru_persistent"] },
  {
    name: "persistentFourUnits",
    resetAfter: true,
    kernels: ["gru_project", "gru_persistent"],
    loadsPadding: true,
  },
  { name: "persistent", resetAfter: false, kernels: ["gru_project", "gru_persistent"] },
  // The kernel that goes on after gru_cooperative loads nothing where that came through, else all but the first step's.
  {
    name: "cooperative",
    resetAfter: true,
    kernels: ["gru_project", "gru_cooperative", "gru_persistent"],
  },
  {
    name: "resumed",
    resetAfter: true,
    kernels: ["gru_project", "gru_cooperative", "gru_persistent"],
  },
  // A layer reads the step that the layer below has just made: only the first layer's input is there before the wavefronts,
  // and all others load their input matrix in the loop.
  ...[true, false].map((resetAfter): Run => ({
    name: "wavefront",
    resetAfter,
    kernels: ["gru_project", "gru_wavefront", ...(resetAfter ? [] : ["gru_wavefront_new"])],
    numLayers: 3,
    input: (request, layer) => (layer === 0 ? projected(request) : everyStep(request)),
  })),
  // The planner takes it for fewer than eight steps alone, which are not worth a product of their own.
  ...[true, false].map((resetAfter): Run => ({
    name: "network",
    resetAfter,
    kernels: ["network_step"],
    numLayers: 2,
    numSteps: 4,
    input: everyStep,
  })),
];

function requestOf({ name, resetAfter, numLayers = 1, numSteps = 8 }: Run): LoadsRequest {
  const direction = numLayers === 1 ? "bidirectional" : "forward"; // layers that advance together are forward
  return { ...SHAPE, family: name, resetAfter, numLayers, numSteps, direction };
}

let shared: Awaited<ReturnType<typeof openSharedPage>>;
beforeAll(async () => {
  shared = await openSharedPage();
});
afterAll(() => shared.close());

function countLoads(request: LoadsRequest): Promise<WeightLoads> {
  return shared.page.evaluate((one) => harness.countWeightLoads(one), request);
}

/** Where a vec4 of a weight belongs: to which rows, a gate's last unit apart, or to padding. */
type Owner = "units" | "lastUnit" | "padding";

/** Of W: see shaders/lib/tile.wgsl. */
function ownerOfInput(vec4: number, numColumns: number, { hiddenSize, direction }: LoadsRequest): Owner {
  const numRows = 3 * hiddenSize * (direction === "bidirectional" ? 2 : 1);
  const row = 4 * Math.floor(vec4 / paddedSize(numColumns)) + (vec4 % 4);
  if (row >= numRows) return "padding";
  return row % hiddenSize === hiddenSize - 1 ? "lastUnit" : "units";
}

/** Of R: see shaders/lib/recurrent.wgsl. */
function ownerOfRecurrent(vec4: number, { hiddenSize }: LoadsRequest): Owner {
  const numTiles = paddedSize(hiddenSize) / 4; // of a row, and tiles of units
  const unit = 4 * (Math.floor(vec4 / (12 * numTiles)) % numTiles) + (vec4 % 4);
  if (unit >= hiddenSize) return "padding";
  return unit === hiddenSize - 1 ? "lastUnit" : "units";
}

/** The different counts of a weight's vec4s, apart for the last unit of each gate and direction, and for padding. */
function timesLoaded(counts: readonly number[], ownerOf: (vec4: number) => Owner): Record<Owner, number[]> {
  const times = { units: new Set<number>(), lastUnit: new Set<number>(), padding: new Set<number>() };
  counts.forEach((count, vec4) => times[ownerOf(vec4)].add(count));
  return { units: [...times.units], lastUnit: [...times.lastUnit], padding: [...times.padding] };
}

describe("the weights of a run", () => {
  for (const run of RUNS) {
    const request = requestOf(run);
    const { inputSize, hiddenSize, numLayers, numSteps } = request;
    const kind = `${run.name}, reset ${run.resetAfter ? "after" : "before"}, T=${numSteps}`;
    const { recurrent = everyStep, loadsPadding = false, input = projected } = run;
    it(`are each loaded as often as they must be, ${kind}: ${run.kernels.join(", ")}`, async () => {
      const { kernels, counts } = await countLoads(request);
      expect(kernels).toEqual(run.kernels);
      for (let layer = 0; layer < numLayers; layer++) {
        const ofRecurrent = (vec4: number) => ownerOfRecurrent(vec4, request);
        expect(timesLoaded(counts[`gru${layer}.recurrentWeight`]!, ofRecurrent)).toEqual({
          units: [recurrent(request)],
          lastUnit: [recurrent(request)],
          padding: [loadsPadding ? recurrent(request) : 0],
        });
        const ofInput = (vec4: number) => ownerOfInput(vec4, layer === 0 ? inputSize : hiddenSize, request);
        const { units, lastUnit } = timesLoaded(counts[`gru${layer}.weight`]!, ofInput);
        expect({ units, lastUnit }).toEqual({ units: [input(request, layer)], lastUnit: [input(request, layer)] });
      }
    });
  }
});

describe("the count", () => {
  const z = "dot(unpack(recurrent_weight[w + TO_GATE]), h)";
  const mutations: Record<string, [file: string, from: string, to: string, times: number[]]> = {
    "loads some twice": ["lib/products_of_three.wgsl", z, `0.5 * (${z} + ${z})`, [40, 80]],
    "loads one row for another": ["lib/products_of_three.wgsl", z, "dot(unpack(recurrent_weight[w]), h)", [80, 0, 40]],
    "skips the last columns": [
      "lib/make_one.wgsl",
      "    sums += products_of(w, state_vec4(start, k));",
      "    if (k + 1 < HIDDEN_VEC4S) { sums += products_of(w, state_vec4(start, k)); }",
      [40, 0],
    ],
    "takes one direction for all": ["lib/recurrent.wgsl", "direction * HIDDEN_VEC4S + unit / 4", "unit / 4", [80, 0]],
  };
  for (const [what, [file, from, to, times]] of Object.entries(mutations)) {
    it(`notices a kernel that ${what}`, async () => {
      expect(readFileSync(`${projectRoot}shaders/${file}`, "utf8").split(from)).toHaveLength(2);
      const request = requestOf(RUNS[0]!);
      const { counts } = await countLoads({ ...request, mutation: [from, to] });
      const ownerOf = (vec4: number) => ownerOfRecurrent(vec4, request);
      expect(timesLoaded(counts["gru0.recurrentWeight"]!, ownerOf).units).toEqual(times);
    });
  }
});
