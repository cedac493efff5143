import { gruCellKernel } from "../kernels/gruCell.js";
import {
  cooperativeMemoryBytes,
  type CooperativeShape,
  gruCooperativeKernel,
  numCooperativeGroups,
} from "../kernels/gruCooperative.js";
import { PROJECT_TILE_ROWS } from "../kernels/gruProject.js";
import {
  gruPersistentKernel,
  gruResumedKernel,
  persistentMemoryBytes,
  type PersistentShape,
  resumedMemoryBytes,
} from "../kernels/gruPersistent.js";
import { gruStepKernel } from "../kernels/gruStep.js";
import { gruStepFourKernel, type StepShape } from "../kernels/gruStepFour.js";
import { gruWavefrontKernel, gruWavefrontNewKernel } from "../kernels/gruWavefront.js";
import type { KernelSpec } from "../kernels/kernelSpec.js";
import { MAX_STEPS as MAX_NETWORK_STEPS, networkStepKernel } from "../kernels/networkStep.js";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { gruLayers, type Network } from "../model/network.js";
import type { DeviceFacts } from "./deviceFacts.js";
import type { KernelChoice, RowsAndSteps } from "./kernelChoice.js";
import { type NetworkProgram, networkProgram } from "./networkProgram.js";
import { type WeightArena, weightArena } from "./weightArena.js";
import { weightOffsets } from "./weights.js";

/** How a GRU layer advances through a chunk. */
export type LayerFamily =
  /** A dispatch for each step, which makes its projection too. Reset-after alone, and where one buffer holds all weights. */
  | { readonly kernel: "cell" }
  /**
   * A dispatch for each step, two where the reset gate comes before the product; many workgroups share a step. An invocation
   * makes one unit of one row; four units or four rows, which read the state or the weights once, are for reset-after alone.
   */
  | ({ readonly kernel: "step" } & StepShape)
  /** One dispatch for all steps, a workgroup for each row and direction. */
  | ({ readonly kernel: "persistent" } & PersistentShape)
  /**
   * One dispatch for all steps, several workgroups for each row and direction, which wait for each other. Reset-after alone,
   * and only where twice as many workgroups were seen to run at once.
   */
  | ({ readonly kernel: "cooperative" } & CooperativeShape);

/** How all layers advance at once: one dispatch of a few steps, a workgroup for each row. */
export interface NetworkFamily {
  readonly kernel: "network";
  readonly workgroupSize: number;
}

/** How a stack of GRU layers advances: each wavefront makes a step of every layer. */
export interface WavefrontFamily {
  readonly kernel: "wavefront";
}

/** Which family of kernels to take, and when. A condition that is left out always holds. */
export interface TuningRow {
  readonly adapter?: "gpu" | "software";
  readonly vendor?: string;
  /** H, of the layer or, for a whole network, of every layer. */
  readonly minHiddenSize?: number;
  readonly maxHiddenSize?: number;
  /** B */
  readonly minRows?: number;
  readonly maxRows?: number;
  /** T of a chunk */
  readonly minSteps?: number;
  /** B T of a chunk */
  readonly maxRowSteps?: number;
  readonly family: LayerFamily | NetworkFamily | WavefrontFamily;
}

/** One unit of one row by each invocation. */
export const STEP: TuningRow = { family: { kernel: "step", units: 1, rows: 1 } };

/** For chunks of too few rows to project together, such as a streamed step: it saves a dispatch. */
export const CELL: TuningRow = { maxRowSteps: PROJECT_TILE_ROWS - 1, family: { kernel: "cell" } };

const FOUR_UNITS: LayerFamily = { kernel: "step", units: 4, rows: 1 };

/** One unit of four rows by each invocation. */
export const FOUR_ROWS: LayerFamily = { kernel: "step", units: 1, rows: 4 };

/**
 * The first row that fits decides; the last one always does.
 *
 * A GPU's rows come from its limits. Synchronisation bounds a lone row up to H = 1024, and a workgroup that holds a whole
 * small layer waits for nothing. Workgroups that wait for each other need to run all at once, which no specification
 * promises: of the vendors, only NVIDIA was found to keep to it. They look 20,000 times, about 10 ms. Their row and those of
 * wavefronts and of four rows are estimates: no GPU has been timed.
 *
 * The software adapter's rows were measured. A lone workgroup leaves a core idle, which is worth less than a dispatch for each
 * step of up to 128 units; every load costs it a check of bounds. It compiles a load in about 2 ms: kernels with many loads are for long chunks or large
 * layers.
 */
export const TUNING_TABLE: readonly TuningRow[] = [
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
    family: { kernel: "cooperative", workgroupSize: 256, lanes: 16, maxSpins: 20_000 },
  },
  { adapter: "gpu", maxRows: 16, family: { kernel: "wavefront" } },
  { adapter: "gpu", minRows: 64, family: FOUR_ROWS },
  { adapter: "software", minRows: 4, minSteps: 16, family: FOUR_ROWS },
  {
    adapter: "software",
    maxHiddenSize: 128,
    minSteps: 16,
    family: { kernel: "persistent", workgroupSize: 16, lanes: 1, units: 4 },
  },
  { adapter: "software", minSteps: 16, family: FOUR_UNITS },
  { adapter: "software", minHiddenSize: 129, family: FOUR_UNITS },
  CELL,
  STEP,
];

/** Chooses by a table, on a device with those limits. */
export function tune(facts: DeviceFacts, table: readonly TuningRow[] = TUNING_TABLE): KernelChoice {
  return new TableChoice(facts, table);
}

/** Chunks in which workgroups may wait in vain before it is taken for the device's habit. */
const MAX_FAILURES = 2;

class TableChoice implements KernelChoice {
  readonly sizes: readonly RowsAndSteps[];
  readonly fallback: KernelChoice | null;
  note = "";
  readonly #facts: DeviceFacts;
  #table: readonly TuningRow[];
  #numFailures = 0;
  readonly #programs = new WeakMap<Network, NetworkProgram | null>();

  constructor(facts: DeviceFacts, table: readonly TuningRow[]) {
    this.#facts = facts;
    this.#table = table;
    const rows = table.flatMap(({ minRows = 1, maxRows = 0, maxRowSteps = 0 }) => [
      minRows,
      maxRows + 1,
      maxRowSteps + 1,
    ]);
    const steps = [1, 2, MAX_NETWORK_STEPS + 1, ...table.map(({ minSteps = 1 }) => minSteps)];
    this.sizes = [...new Set(rows)].flatMap((numRows) =>
      [...new Set(steps)].map((numSteps) => [numRows, numSteps] as const),
    );
    const mayFail = (facts.concurrentGroups ?? 0) > 0 && table.some(({ family }) => family.kernel === "cooperative");
    this.fallback = mayFail ? new TableChoice(facts, withoutCooperative(table)) : null;
  }

  noteFailure(): void {
    this.#numFailures++;
    if (this.#numFailures !== MAX_FAILURES) return;
    this.#table = withoutCooperative(this.#table);
    this.note = `gru_cooperative is off: its workgroups waited in vain for each other in ${MAX_FAILURES} chunks`;
  }

  cellLayer(network: Network, layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec | null {
    if (this.#familyOf(layer, size)?.kernel !== "cell" || !this.#isOneBuffer(weightArena(network, null))) return null;
    return gruCellKernel(layer, stateSize, weightOffsets(network));
  }

  walkLayer(layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec[] | null {
    const family = this.#familyOf(layer, size);
    if (family?.kernel === "persistent") return [gruPersistentKernel(layer, stateSize, family)];
    if (family?.kernel !== "cooperative") return null;
    return [gruCooperativeKernel(layer, stateSize, family), gruResumedKernel(layer, stateSize, resumedShape(family))];
  }

  stepLayer(layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec | null {
    if (!layer.resetAfter) return null;
    for (const row of this.#table) {
      if (row.family.kernel !== "step" || !this.#fits(row, layer.hiddenSize, size)) continue;
      const { units, rows } = row.family;
      return units * rows === 1 ? gruStepKernel(layer, stateSize) : gruStepFourKernel(layer, stateSize, row.family);
    }
    return null;
  }

  walkStack(network: Network, layers: readonly GruLayer[], stateSize: number, size: RowsAndSteps): KernelSpec[] | null {
    const program = this.#programOf(network);
    const { name, resetAfter } = layers[0]!;
    const first = this.#table.find(
      (each) => each.family.kernel !== "network" && this.#fitsLayer(each, layers[0]!, size),
    );
    if (program === null || size[1] < 2 || first?.family.kernel !== "wavefront") return null;
    const stack = { layers, firstOperation: program.indices.get(name)!, stateSize };
    return [gruWavefrontKernel(stack), ...(resetAfter ? [] : [gruWavefrontNewKernel(stack)])];
  }

  walkNetwork(network: Network, size: RowsAndSteps): KernelSpec | null {
    const program = this.#programOf(network);
    if (program === null || size[1] > MAX_NETWORK_STEPS) return null;
    const memoryBytes = program.shape.numValues * Float32Array.BYTES_PER_ELEMENT;
    if (memoryBytes > this.#facts.maxComputeWorkgroupStorageSize) return null;
    const hiddenSize = Math.max(0, ...gruLayers(network).map((layer) => layer.hiddenSize));
    for (const row of this.#table) {
      const { family } = row;
      if (family.kernel !== "network" || !this.#fits(row, hiddenSize, size)) continue;
      return networkStepKernel(program.shape, family.workgroupSize);
    }
    return null;
  }

  program(network: Network): Uint32Array<ArrayBuffer> | null {
    return this.#programOf(network)?.operations ?? null;
  }

  #programOf(network: Network): NetworkProgram | null {
    const known = this.#programs.get(network);
    if (known !== undefined) return known;
    const program = networkProgram(network);
    const isOneBuffer = this.#isOneBuffer(weightArena(network, program?.operations ?? null));
    this.#programs.set(network, isOneBuffer ? program : null);
    return isOneBuffer ? program : null;
  }

  #isOneBuffer({ sizeBytes }: WeightArena): boolean {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#facts;
    return sizeBytes <= Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  /** How a layer by itself advances. */
  #familyOf(layer: GruLayer, size: RowsAndSteps): LayerFamily | null {
    for (const row of this.#table) {
      const { family } = row;
      if (family.kernel === "network" || family.kernel === "wavefront") continue;
      if (this.#fitsLayer(row, layer, size)) return family;
    }
    return null;
  }

  /** Whether a row is for a layer, and the layer is for its kernel. */
  #fitsLayer(row: TuningRow, layer: GruLayer, size: RowsAndSteps): boolean {
    if (!this.#fits(row, layer.hiddenSize, size)) return false;
    const { family } = row;
    const { maxComputeWorkgroupStorageSize: maxBytes, concurrentGroups = 0 } = this.#facts;
    if (family.kernel === "persistent") {
      return (layer.resetAfter || family.units !== 4) && persistentMemoryBytes(layer, family) <= maxBytes;
    }
    if (family.kernel === "cell") return layer.resetAfter;
    if (family.kernel !== "cooperative") return true;
    const numGroups = numCooperativeGroups(layer, family) * size[0] * numDirections(layer);
    const bytes = Math.max(cooperativeMemoryBytes(layer, family), resumedMemoryBytes(layer, resumedShape(family)));
    // A lone step, as those of generate are, has nothing to hand on.
    return layer.resetAfter && size[1] > 1 && 2 * numGroups <= concurrentGroups && bytes <= maxBytes;
  }

  #fits(row: TuningRow, hiddenSize: number, [numRows, numSteps]: RowsAndSteps): boolean {
    const { adapter, vendor, minHiddenSize = 1, maxHiddenSize = Infinity, family } = row;
    const { minRows = 1, maxRows = Infinity, minSteps = 1, maxRowSteps = Infinity } = row;
    const { isFallback, maxComputeInvocationsPerWorkgroup } = this.#facts;
    return (
      (adapter === undefined || (adapter === "software") === isFallback) &&
      (vendor === undefined || vendor === this.#facts.vendor) &&
      hiddenSize >= minHiddenSize &&
      hiddenSize <= maxHiddenSize &&
      numRows >= minRows &&
      numRows <= maxRows &&
      numSteps >= minSteps &&
      numRows * numSteps <= maxRowSteps &&
      (!("workgroupSize" in family) || family.workgroupSize <= maxComputeInvocationsPerWorkgroup)
    );
  }
}

function withoutCooperative(table: readonly TuningRow[]): TuningRow[] {
  return table.filter(({ family }) => family.kernel !== "cooperative");
}

/** Of the kernel that goes on after a cooperative one: it is rarely needed, and fewer lanes take less memory. */
function resumedShape({ workgroupSize }: CooperativeShape): PersistentShape {
  return { workgroupSize, lanes: 1 };
}
