import { gruResidentKernel, type ResidentShape, residentMemoryBytes } from "../kernels/gruResident.js";
import { gruStepTileKernel } from "../kernels/gruStepTile.js";
import { gruWaveGatesKernel, gruWaveKernel, gruWaveNewKernel } from "../kernels/gruWave.js";
import type { KernelSpec } from "../kernels/kernelSpec.js";
import { MAX_STEPS as MAX_NETWORK_STEPS, networkStepKernel } from "../kernels/networkStep.js";
import { type GruLayer, gruLayers, type Network } from "../model/network.js";
import type { DeviceFacts } from "./deviceFacts.js";
import type { KernelChoice, RowsAndSteps } from "./kernelChoice.js";
import { type NetworkProgram, networkProgram } from "./networkProgram.js";
import { weightArena } from "./weightArena.js";

/** How a GRU layer is walked through time. */
export type Walk =
  /** A dispatch for each step, two where the reset gate comes before the product; many workgroups share a step. */
  | { readonly kernel: "step" }
  /** The same for batches: each weight is read once for four rows. Reset-after alone. */
  | { readonly kernel: "tile" }
  /** One dispatch for all steps, a workgroup for each row and direction. */
  | ({ readonly kernel: "resident" } & ResidentShape);

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
  /** H, of the layer or, for a whole network, of every layer. */
  readonly maxHiddenSize?: number;
  /** B */
  readonly minRows?: number;
  readonly maxRows?: number;
  /** T of a chunk */
  readonly minSteps?: number;
  readonly walk: Walk | NetworkWalk | WaveWalk;
}

/**
 * The first row that fits decides; the last one always does.
 *
 * A GPU's rows come from its limits, which bound a lone row by synchronisation up to H = 1024: one workgroup holds
 * what is small, and waits for nobody. The software adapter's rows were measured: barriers cost it more than dispatches,
 * and a lone workgroup leaves a core idle.
 */
export const TUNING_TABLE: readonly TuningRow[] = [
  { adapter: "gpu", maxHiddenSize: 256, maxRows: 64, walk: { kernel: "network", workgroupSize: 256 } },
  { adapter: "gpu", maxHiddenSize: 128, minSteps: 2, walk: { kernel: "resident", workgroupSize: 512, lanes: 4 } },
  { adapter: "gpu", maxHiddenSize: 128, minSteps: 2, walk: { kernel: "resident", workgroupSize: 256, lanes: 2 } },
  { adapter: "gpu", maxRows: 16, walk: { kernel: "wave" } },
  { adapter: "gpu", minRows: 64, walk: { kernel: "tile" } },
  { adapter: "software", minRows: 4, walk: { kernel: "tile" } },
  { walk: { kernel: "step" } },
];

/** Chooses by a table, on a device with those limits. */
export function tune(facts: DeviceFacts, table: readonly TuningRow[] = TUNING_TABLE): KernelChoice {
  return new TableChoice(facts, table);
}

class TableChoice implements KernelChoice {
  readonly sizes: readonly RowsAndSteps[];
  readonly #facts: DeviceFacts;
  readonly #table: readonly TuningRow[];
  readonly #programs = new WeakMap<Network, NetworkProgram | null>();

  constructor(facts: DeviceFacts, table: readonly TuningRow[]) {
    this.#facts = facts;
    this.#table = table;
    const rows = table.flatMap(({ minRows = 1, maxRows = 0 }) => [minRows, maxRows + 1]);
    const steps = [1, MAX_NETWORK_STEPS + 1, ...table.map(({ minSteps = 1 }) => minSteps)];
    this.sizes = [...new Set(rows)].flatMap((numRows) =>
      [...new Set(steps)].map((numSteps) => [numRows, numSteps] as const),
    );
  }

  walkLayer(layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec | null {
    for (const row of this.#table) {
      const { walk } = row;
      if (walk.kernel === "network" || walk.kernel === "wave" || !this.#fits(row, layer.hiddenSize, size)) continue;
      if (walk.kernel !== "resident") return null;
      const isSmall = residentMemoryBytes(layer, walk) <= this.#facts.maxComputeWorkgroupStorageSize;
      if (isSmall) return gruResidentKernel(layer, stateSize, walk);
    }
    return null;
  }

  stepLayer(layer: GruLayer, stateSize: number, size: RowsAndSteps): KernelSpec | null {
    const row = this.#table.find(({ walk }) => walk.kernel === "tile");
    if (row === undefined || !layer.resetAfter || !this.#fits(row, layer.hiddenSize, size)) return null;
    return gruStepTileKernel(layer, stateSize);
  }

  walkStack(network: Network, layers: readonly GruLayer[], stateSize: number, size: RowsAndSteps): KernelSpec[] | null {
    const program = this.#programOf(network);
    const { name, hiddenSize, resetAfter } = layers[0]!;
    const fitting = this.#table.filter((each) => each.walk.kernel !== "network" && this.#fits(each, hiddenSize, size));
    if (program === null || size[1] < 2 || fitting[0]?.walk.kernel !== "wave") return null;
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
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#facts;
    const program = networkProgram(network);
    const weightBytes = weightArena(network, program?.operations ?? null).sizeBytes;
    const isOneBuffer = weightBytes <= Math.min(maxBufferSize, maxStorageBufferBindingSize);
    this.#programs.set(network, isOneBuffer ? program : null);
    return isOneBuffer ? program : null;
  }

  #fits(row: TuningRow, hiddenSize: number, [numRows, numSteps]: RowsAndSteps): boolean {
    const { adapter, maxHiddenSize = Infinity, minRows = 1, maxRows = Infinity, minSteps = 1, walk } = row;
    const { isFallback, maxComputeInvocationsPerWorkgroup } = this.#facts;
    return (
      (adapter === undefined || (adapter === "software") === isFallback) &&
      hiddenSize <= maxHiddenSize &&
      numRows >= minRows &&
      numRows <= maxRows &&
      numSteps >= minSteps &&
      (!("workgroupSize" in walk) || walk.workgroupSize <= maxComputeInvocationsPerWorkgroup)
    );
  }
}
