import { PROJECT_TILE_ROWS } from "../../kernels/recurrentProject.js";
import type { TuningRow } from "../tuning.js";
import type { FamilyShape } from "./families.js";

/** All layers at once: one dispatch of a few steps, a workgroup for each row. */
export interface NetworkShape {
  readonly kernel: "network";
  readonly workgroupSize: number;
}

/** A row of a table for networks around recurrent layers. */
export type RecurrentRow = TuningRow<FamilyShape | NetworkShape>;

/** For chunks of too few rows to project together, such as a streamed step: it saves a dispatch. */
const CELL: RecurrentRow = { maxRowSteps: PROJECT_TILE_ROWS - 1, family: { kernel: "cell" } };

const FOUR_UNITS: FamilyShape = { kernel: "step", units: 4, rows: 1 };

/** One unit of four rows by each invocation. */
const FOUR_ROWS: FamilyShape = { kernel: "step", units: 1, rows: 4 };

/**
 * The first row that fits decides; where none does, single steps.
 *
 * A GPU's rows come from its limits. Synchronisation bounds a lone row up to H = 1024, and a workgroup that holds a whole
 * small layer waits for nothing. Workgroups that wait for each other need to run all at once, which no specification
 * promises: of the vendors, only NVIDIA was found to keep to it. They look 20,000 times, about 10 ms. Their row and those of
 * wavefronts and of four rows are estimates: no GPU has been timed.
 *
 * The software adapter's rows were measured on two cores. A lone workgroup leaves a core idle, which costs less than a
 * dispatch for each step of up to 96 units; every load costs a check of bounds. A load takes about 2 ms to compile: kernels
 * with many loads are for long chunks or large layers.
 */
export const TUNING_TABLE: readonly RecurrentRow[] = [
  { adapter: "gpu", maxHiddenSize: 256, maxRows: 64, family: { kernel: "network", workgroupSize: 256 } },
  { adapter: "gpu", maxHiddenSize: 128, minSteps: 2, family: { kernel: "persistent", workgroupSize: 512, lanes: 4 } },
  { adapter: "gpu", maxHiddenSize: 128, minSteps: 2, family: { kernel: "persistent", workgroupSize: 256, lanes: 2 } },
  {
    adapter: "gpu",
    vendor: "nvidia",
    minHiddenSize: 192,
    maxHiddenSize: 1536,
    maxRows: 4,
    minSteps: 16,
    family: { kernel: "cooperative", workgroupSize: 256, lanes: 16, maxSpins: 20_000, mayGiveUp: true },
  },
  { adapter: "gpu", maxRows: 16, family: { kernel: "wavefront" } },
  { adapter: "gpu", minRows: 64, family: FOUR_ROWS },
  { adapter: "software", minRows: 4, minSteps: 16, family: FOUR_ROWS },
  {
    adapter: "software",
    maxHiddenSize: 96,
    minSteps: 16,
    family: { kernel: "persistent", workgroupSize: 16, lanes: 1, units: 4 },
  },
  { adapter: "software", minSteps: 16, family: FOUR_UNITS },
  { adapter: "software", minHiddenSize: 129, family: FOUR_UNITS },
  CELL,
];

const BATCH: RecurrentRow = { minRows: 16, family: FOUR_ROWS };

/** Tables to try, by a name for a person. The first is what is taken without trying. */
export const CANDIDATES: Readonly<Record<string, readonly RecurrentRow[]>> = {
  "the device's table": TUNING_TABLE,
  "single steps": [BATCH, CELL],
  "one small workgroup a row": [
    { minSteps: 2, maxRows: 16, family: { kernel: "persistent", workgroupSize: 16, lanes: 1 } },
    BATCH,
    CELL,
  ],
  "one large workgroup a row": [
    { maxRows: 64, family: { kernel: "network", workgroupSize: 256 } },
    { minSteps: 2, maxRows: 64, family: { kernel: "persistent", workgroupSize: 256, lanes: 2 } },
    BATCH,
    CELL,
  ],
  "wavefronts through the layers": [{ maxRows: 64, family: { kernel: "wavefront" } }, BATCH, CELL],
};
