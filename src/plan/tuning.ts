import { gruCellKernel } from "../kernels/gruCell.js";
import { type ChainedShape, chainedMemoryBytes, gruChainedKernel, numChainedGroups } from "../kernels/gruChained.js";
import { PROJECT_TILE_ROWS } from "../kernels/gruProject.js";
import {
  gruResidentKernel,
  gruResumedKernel,
  type ResidentShape,
  residentMemoryBytes,
  resumedMemoryBytes,
} from "../kernels/gruResident.js";
import { gruRegistersKernel, MAX_REGISTER_UNITS } from "../kernels/gruRegisters.js";
import { gruStepQuadKernel } from "../kernels/gruStepQuad.js";
import { gruStepTileKernel } from "../kernels/gruStepTile.js";
import { gruWaveGatesKernel, gruWaveKernel, gruWaveNewKernel } from "../kernels/gruWave.js";
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

/** How a GRU layer is walked through time. */
export type Walk =
  /** A dispatch for each step, which makes its projection too. Reset-after alone, and where one buffer holds all weights. */
  | { readonly kernel: "cell" }
  /** A dispatch for each step, two where the reset gate comes before the product; many workgroups share a step. */
  | { readonly kernel: "step" }
  /** The same for batches: each weight is read once for four rows. Reset-after alone. */
  | { readonly kernel: "tile" }
  /** The same for adapters that are slow to load: the state is read once for four units. Reset-after alone. */
  | { readonly kernel: "quad" }
  /** One dispatch for all steps, a workgroup for each row and direction. */
  | ({ readonly kernel: "resident" } & ResidentShape)
  /** The same, where each invocation keeps the weights of its units. Reset-after alone, small, and slow to compile. */
  | { readonly kernel: "registers" }
  /**
   * One dispatch for all steps, several workgroups for each row and direction, which wait for each other. Reset-after alone,
   * and only where twice as many workgroups were seen to run at once.
   */
  | ({ readonly kernel: "chained" } & ChainedShape);

/** How all layers are walked at once: one dispatch of a few steps, a workgroup for each row. */
export interface NetworkWalk {
  readonly kernel: "network";
  readonly workgroupSize: number;
}

/** How a stack of GRU layers is walked: each wave makes a step of every layer. */
export interface WaveWalk {
  readonly kernel: "wave";
}

/** When to walk in which way. What is left out is no condition. */
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
  readonly walk: Walk | NetworkWalk | WaveWalk;
}

/** Too few rows to project together: a streamed step, say, which is one dispatch less. */
export const CELL: TuningRow = { maxRowSteps: PROJECT_TILE_ROWS - 1, walk: { kernel: "cell" } };

/**
 * The first row that fits decides; the last one always does.
 *
 * A GPU's rows come from its limits, which bound a lone row by synchronisation up to H = 1024: one workgroup holds what is
 * small, and waits for nobody. Workgroups that wait for each other need all of them to run at once, which no specification
 * promises: of the vendors, only NVIDIA was found to keep to it. They look 20,000 times, about 10 ms. Their row and those of
 * waves and tiles are estimates; no GPU has been timed.
 *
 * The software adapter's rows were measured. Barriers cost it more than dispatches, and a lone workgroup leaves a core idle;
 * but it checks the bounds of every load, so that weights which stay in an invocation make up for a core. It compiles a load
 * for about 2 ms: its kernels are for chunks that are long enough for that, or for layers that are large enough.
 */
export const TUNING_TABLE: readonly TuningRow[] = [
  { adapter: "gpu", maxHiddenSize: 256, maxRows: 64, walk: { kernel: "network", workgroupSize: 256 } },
  { adapter: "gpu", maxHiddenSize: 128, minSteps: 2, walk: { kernel: "resident", workgroupSize: 512, lanes: 4 } },
  { adapter: "gpu", maxHiddenSize: 128, minSteps: 2, walk: { kernel: "resident", workgroupSize: 256, lanes: 2 } },
  {
    adapter: "gpu",
    vendor: "nvidia",
    minHiddenSize: 192,
    maxHiddenSize: 1536,
    maxRows: 4,
    minSteps: 16,
    walk: { kernel: "chained", workgroupSize: 256, lanes: 16, maxSpins: 20_000 },
  },
  { adapter: "gpu", maxRows: 16, walk: { kernel: "wave" } },
  { adapter: "gpu", minRows: 64, walk: { kernel: "tile" } },
  { adapter: "software", minRows: 4, minSteps: 16, walk: { kernel: "tile" } },
  { adapter: "software", maxHiddenSize: MAX_REGISTER_UNITS, minSteps: 64, walk: { kernel: "registers" } },
  { adapter: "software", minSteps: 16, walk: { kernel: "quad" } },
  { adapter: "software", minHiddenSize: 129, walk: { kernel: "quad" } },
  CELL,
  { walk: { kernel: "step" } },
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
    const mayFail = (facts.concurrentGroups ?? 0) > 0 && table.some(({ walk }) => walk.kernel === "chained");
    this.fallback = mayFail ? new TableChoice(facts, withoutChained(table)) : null;
  }

  noteFailure(): void {
    this.#numFailures++;
    if (this.#numFailures !== MAX_FAILURES) return;
    this.#table = withoutChained(this.#table);
    this.note = `gru_chained is off: its workgroups waited in vain for each other in ${MAX_FAILURES} chunks`;
  }

  cellLayer(network: Network, layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec | null {
    if (this.#walkOf(layer, size)?.kernel !== "cell" || !this.#isOneBuffer(weightArena(network, null))) return null;
    return gruCellKernel(layer, stateSize, weightOffsets(network));
  }

  walkLayer(layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec[] | null {
    const walk = this.#walkOf(layer, size);
    if (walk?.kernel === "resident") return [gruResidentKernel(layer, stateSize, walk)];
    if (walk?.kernel === "registers") return [gruRegistersKernel(layer, stateSize)];
    if (walk?.kernel !== "chained") return null;
    return [gruChainedKernel(layer, stateSize, walk), gruResumedKernel(layer, stateSize, resumedShape(walk))];
  }

  stepLayer(layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec | null {
    if (!layer.resetAfter) return null;
    const row = this.#table.find((each) => isStep(each) && this.#fits(each, layer.hiddenSize, size));
    if (row?.walk.kernel === "tile") return gruStepTileKernel(layer, stateSize);
    return row?.walk.kernel === "quad" ? gruStepQuadKernel(layer, stateSize) : null;
  }

  walkStack(network: Network, layers: readonly GruLayer[], stateSize: number, size: RowsAndSteps): KernelSpec[] | null {
    const program = this.#programOf(network);
    const { name, resetAfter } = layers[0]!;
    const first = this.#table.find((each) => each.walk.kernel !== "network" && this.#fitsLayer(each, layers[0]!, size));
    if (program === null || size[1] < 2 || first?.walk.kernel !== "wave") return null;
    const stack = { layers, firstOperation: program.indices.get(name)!, stateSize };
    return resetAfter ? [gruWaveKernel(stack)] : [gruWaveGatesKernel(stack), gruWaveNewKernel(stack)];
  }

  walkNetwork(network: Network, size: RowsAndSteps): KernelSpec | null {
    const program = this.#programOf(network);
    if (program === null || size[1] > MAX_NETWORK_STEPS) return null;
    const memoryBytes = program.shape.numValues * Float32Array.BYTES_PER_ELEMENT;
    if (memoryBytes > this.#facts.maxComputeWorkgroupStorageSize) return null;
    const hiddenSize = Math.max(0, ...gruLayers(network).map((layer) => layer.hiddenSize));
    for (const row of this.#table) {
      const { walk } = row;
      if (walk.kernel !== "network" || !this.#fits(row, hiddenSize, size)) continue;
      return networkStepKernel(program.shape, walk.workgroupSize);
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

  /** How a layer by itself is walked. */
  #walkOf(layer: GruLayer, size: RowsAndSteps): Walk | null {
    for (const row of this.#table) {
      const { walk } = row;
      if (walk.kernel !== "network" && walk.kernel !== "wave" && this.#fitsLayer(row, layer, size)) return walk;
    }
    return null;
  }

  /** Whether a row is for a layer, and the layer is for its kernel. */
  #fitsLayer(row: TuningRow, layer: GruLayer, size: RowsAndSteps): boolean {
    if (!this.#fits(row, layer.hiddenSize, size)) return false;
    const { walk } = row;
    const { maxComputeWorkgroupStorageSize: maxBytes, concurrentGroups = 0 } = this.#facts;
    if (walk.kernel === "resident") return residentMemoryBytes(layer, walk) <= maxBytes;
    if (walk.kernel === "cell") return layer.resetAfter;
    if (walk.kernel === "registers") return layer.resetAfter && layer.hiddenSize <= MAX_REGISTER_UNITS;
    if (walk.kernel !== "chained") return true;
    const numGroups = numChainedGroups(layer, walk) * size[0] * numDirections(layer);
    const bytes = Math.max(chainedMemoryBytes(layer, walk), resumedMemoryBytes(layer, resumedShape(walk)));
    // A lone step, as those of generate are, has nothing to hand on.
    return layer.resetAfter && size[1] > 1 && 2 * numGroups <= concurrentGroups && bytes <= maxBytes;
  }

  #fits(row: TuningRow, hiddenSize: number, [numRows, numSteps]: RowsAndSteps): boolean {
    const { adapter, vendor, minHiddenSize = 1, maxHiddenSize = Infinity, walk } = row;
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
      (!("workgroupSize" in walk) || walk.workgroupSize <= maxComputeInvocationsPerWorkgroup)
    );
  }
}

/** Whether a row is of a kernel that makes a step of a layer. */
function isStep({ walk }: TuningRow): boolean {
  return walk.kernel === "tile" || walk.kernel === "quad" || walk.kernel === "step";
}

function withoutChained(table: readonly TuningRow[]): TuningRow[] {
  return table.filter(({ walk }) => walk.kernel !== "chained");
}

/** Of what goes on after a chained kernel: rarely needed, and the fewer lanes the less memory. */
function resumedShape({ workgroupSize }: ChainedShape): ResidentShape {
  return { workgroupSize, lanes: 1 };
}
