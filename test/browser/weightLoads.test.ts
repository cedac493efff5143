// What bounds a GRU is how often it reads its weights: counted, load by load, for every kernel that walks through time.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { paddedSize } from "../../src/kernels/kernelSpec.js";
import { projectRoot } from "../library.js";
import type { WalkName } from "../walkTables.js";
import { openSharedPage } from "./page.js";
import type { LoadsRequest, WeightLoads } from "./weightLoads.js";

/** How a run walks through time, and what it is to load. */
interface Walk {
  readonly name: WalkName;
  readonly resetAfter: boolean;
  /** Entry points, in the order of the plan. */
  readonly kernels: readonly string[];
  readonly numLayers?: number;
  readonly numSteps?: number;
  readonly hiddenSize?: number;
  /** How often each row of the recurrent matrix is to be loaded: once for each step and row when absent. */
  readonly recurrent?: (request: LoadsRequest) => number;
  /** Whether units past the last one pass for it, as often as there are in the last four, and load its rows again. */
  readonly repeatsLast?: boolean;
  /** Whether what pads the units is loaded as often as they are. */
  readonly loadsPadding?: boolean;
  /** How often each row of the input matrix is: once for eight rows of all steps when absent. */
  readonly input?: (request: LoadsRequest, layer: number) => number;
}

/** Units that leave some of a quad, a workgroup and a tile of rows over. */
const SHAPE = { inputSize: 6, hiddenSize: 33, batchSize: 5 };

const everyStep = ({ batchSize, numSteps }: LoadsRequest) => batchSize * numSteps;
const projected = (request: LoadsRequest) => Math.ceil(everyStep(request) / 8);

const WALKS: readonly Walk[] = [
  { name: "step", resetAfter: true, kernels: ["gru_project", "gru_step"] },
  { name: "step", resetAfter: false, kernels: ["gru_project", "gru_gates", "gru_new"] },
  // For so few rows that a product of their own is not worth it.
  { name: "cell", resetAfter: true, kernels: ["gru_cell"], numSteps: 1, input: everyStep },
  // Its last invocation loads what pads the units too: four of them are one load.
  { name: "quad", resetAfter: true, kernels: ["gru_project", "gru_step_quad"], loadsPadding: true },
  {
    name: "tile",
    resetAfter: true,
    kernels: ["gru_project", "gru_step_tile"],
    recurrent: ({ batchSize, numSteps }) => Math.ceil(batchSize / 4) * numSteps,
  },
  { name: "resident", resetAfter: true, kernels: ["gru_project", "gru_resident"] },
  { name: "resident", resetAfter: false, kernels: ["gru_project", "gru_resident_before"] },
  // Once, whatever the number of steps: they are kept. Of a workgroup, whose units are a multiple of four, all load.
  ...[SHAPE.hiddenSize, 65].map((hiddenSize): Walk => ({
    name: "registers",
    resetAfter: true,
    kernels: ["gru_project", "gru_registers"],
    hiddenSize,
    recurrent: ({ batchSize }) => batchSize,
    repeatsLast: true,
  })),
  // What goes on after a chained walk loads nothing where that came through, and all but the first step's where none did.
  { name: "chained", resetAfter: true, kernels: ["gru_project", "gru_chained", "gru_resident"] },
  { name: "resumed", resetAfter: true, kernels: ["gru_project", "gru_chained", "gru_resident"] },
  // A layer reads the step that the one below has just made: only the first one's input is there before the waves, and all
  // others load their input matrix in the loop.
  ...[true, false].map((resetAfter): Walk => ({
    name: "wave",
    resetAfter,
    kernels: ["gru_project", ...(resetAfter ? ["gru_wave"] : ["gru_wave_gates", "gru_wave_new"])],
    numLayers: 3,
    input: (request, layer) => (layer === 0 ? projected(request) : everyStep(request)),
  })),
  // The planner takes it for fewer than eight steps alone, which are not worth a product of their own.
  ...[true, false].map((resetAfter): Walk => ({
    name: "network",
    resetAfter,
    kernels: ["network_step"],
    numLayers: 2,
    numSteps: 4,
    input: everyStep,
  })),
];

function requestOf({
  name,
  resetAfter,
  numLayers = 1,
  numSteps = 8,
  hiddenSize = SHAPE.hiddenSize,
}: Walk): LoadsRequest {
  const direction = numLayers === 1 ? "bidirectional" : "forward"; // layers that walk together are forward
  return { ...SHAPE, hiddenSize, walk: name, resetAfter, numLayers, numSteps, direction };
}

let shared: Awaited<ReturnType<typeof openSharedPage>>;
beforeAll(async () => {
  shared = await openSharedPage();
});
afterAll(() => shared.close());

function countLoads(request: LoadsRequest): Promise<WeightLoads> {
  return shared.page.evaluate((one) => harness.countWeightLoads(one), request);
}

/** Where a quad of a weight belongs: a row, and whether that is a gate's last unit, or padding. */
type Place = "units" | "lastUnit" | "padding";

/** Of W: see shaders/lib/tile.wgsl. */
function placeOfInput(quad: number, numColumns: number, { hiddenSize, direction }: LoadsRequest): Place {
  const numRows = 3 * hiddenSize * (direction === "bidirectional" ? 2 : 1);
  const row = 4 * Math.floor(quad / paddedSize(numColumns)) + (quad % 4);
  if (row >= numRows) return "padding";
  return row % hiddenSize === hiddenSize - 1 ? "lastUnit" : "units";
}

/** Of R: see shaders/lib/recurrent.wgsl. */
function placeOfRecurrent(quad: number, { hiddenSize }: LoadsRequest): Place {
  const quads = paddedSize(hiddenSize) / 4; // of a row, and tiles of units
  const unit = 4 * (Math.floor(quad / (12 * quads)) % quads) + (quad % 4);
  if (unit >= hiddenSize) return "padding";
  return unit === hiddenSize - 1 ? "lastUnit" : "units";
}

/** The different counts of a weight's quads, apart for the last unit of each gate and direction, and for padding. */
function timesLoaded(counts: readonly number[], placeOf: (quad: number) => Place): Record<Place, number[]> {
  const times = { units: new Set<number>(), lastUnit: new Set<number>(), padding: new Set<number>() };
  counts.forEach((count, quad) => times[placeOf(quad)].add(count));
  return { units: [...times.units], lastUnit: [...times.lastUnit], padding: [...times.padding] };
}

describe("the weights of a run", () => {
  for (const walk of WALKS) {
    const request = requestOf(walk);
    const { inputSize, hiddenSize, numLayers, numSteps } = request;
    const kind = `${walk.name}, reset ${walk.resetAfter ? "after" : "before"}, H=${hiddenSize}, T=${numSteps}`;
    const { recurrent = everyStep, repeatsLast = false, loadsPadding = false, input = projected } = walk;
    it(`are each loaded as often as they must be, ${kind}: ${walk.kernels.join(", ")}`, async () => {
      const { kernels, counts } = await countLoads(request);
      expect(kernels).toEqual(walk.kernels);
      for (let layer = 0; layer < numLayers; layer++) {
        const numLast = repeatsLast ? paddedSize(hiddenSize) - hiddenSize + 1 : 1;
        const ofRecurrent = (quad: number) => placeOfRecurrent(quad, request);
        expect(timesLoaded(counts[`gru${layer}.recurrentWeight`]!, ofRecurrent)).toEqual({
          units: [recurrent(request)],
          lastUnit: [numLast * recurrent(request)],
          padding: [loadsPadding ? recurrent(request) : 0],
        });
        const ofInput = (quad: number) => placeOfInput(quad, layer === 0 ? inputSize : hiddenSize, request);
        const { units, lastUnit } = timesLoaded(counts[`gru${layer}.weight`]!, ofInput);
        expect({ units, lastUnit }).toEqual({ units: [input(request, layer)], lastUnit: [input(request, layer)] });
      }
    });
  }
});

describe("the count", () => {
  const r = "unpack(recurrent_weight[w])";
  const mutations: Record<string, [from: string, to: string, times: number[]]> = {
    "loads some twice": [r, `0.5 * (${r} + ${r})`, [80, 40]],
    "loads one row for another": ["unpack(recurrent_weight[w + TO_Z])", r, [80, 0, 40]],
    "skips the last columns": ["k < quads", "k + 1 < quads", [40, 0]],
    "takes one direction for all": ["first_quad(direction,", "first_quad(0,", [80, 0]],
  };
  for (const [what, [from, to, times]] of Object.entries(mutations)) {
    it(`notices a kernel that ${what}`, async () => {
      expect(readFileSync(`${projectRoot}shaders/gru_step.wgsl`, "utf8").split(from)).toHaveLength(2);
      const request = requestOf(WALKS[0]!);
      const { counts } = await countLoads({ ...request, mutation: [from, to] });
      const placeOf = (quad: number) => placeOfRecurrent(quad, request);
      expect(timesLoaded(counts["gru0.recurrentWeight"]!, placeOf).units).toEqual(times);
    });
  }
});
