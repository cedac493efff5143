import { type ResidentShape, residentMemoryBytes } from "../kernels/gruResident.js";
import { MAX_STEPS as MAX_NETWORK_STEPS, type NetworkStepShape } from "../kernels/networkStep.js";
import { type GruLayer, gruLayers, type Network } from "../model/network.js";
import type { DeviceFacts } from "./deviceFacts.js";

/** How a GRU layer is walked through time. */
export type Walk =
  /** A dispatch for each step, two where the reset gate comes before the product; many workgroups share a step. */
  | { readonly kernel: "step" }
  /** One dispatch for all steps, a workgroup for each row and direction. */
  | ({ readonly kernel: "resident" } & ResidentShape);

/** How all layers are walked at once: one dispatch of a few steps, a workgroup for each row. */
export interface NetworkWalk {
  readonly kernel: "network";
  readonly workgroupSize: number;
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
  readonly walk: Walk | NetworkWalk;
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
  { walk: { kernel: "step" } },
];

/** What a walk is chosen by. */
export interface Tuning {
  readonly table: readonly TuningRow[];
  readonly facts: DeviceFacts;
}

/** B and T of a chunk. */
export type RowsAndSteps = readonly [numRows: number, numSteps: number];

/** How to walk `layer` through a chunk; by single steps where nothing is known. */
export function chooseWalk(layer: GruLayer, size: RowsAndSteps, tuning: Tuning | undefined): Walk {
  for (const row of tuning?.table ?? []) {
    const { walk } = row;
    if (walk.kernel === "network" || !fits(row, layer.hiddenSize, size, tuning!.facts)) continue;
    if (walk.kernel === "step" || residentMemoryBytes(layer, walk) <= tuning!.facts.maxComputeWorkgroupStorageSize) {
      return walk;
    }
  }
  return { kernel: "step" };
}

/**
 * How to walk a whole network, whose program has that shape, through a chunk; null for layer by layer.
 *
 * @param weightBytes of all weights
 */
export function chooseNetworkWalk(
  network: Network,
  { numValues }: NetworkStepShape,
  weightBytes: number,
  size: RowsAndSteps,
  { table, facts }: Tuning,
): NetworkWalk | null {
  const memoryBytes = numValues * Float32Array.BYTES_PER_ELEMENT;
  const maxBytes = Math.min(facts.maxBufferSize, facts.maxStorageBufferBindingSize);
  const isSmall = memoryBytes <= facts.maxComputeWorkgroupStorageSize && weightBytes <= maxBytes;
  if (!isSmall || size[1] > MAX_NETWORK_STEPS) return null;
  const hiddenSize = Math.max(0, ...gruLayers(network).map((layer) => layer.hiddenSize));
  for (const row of table) {
    if (row.walk.kernel === "network" && fits(row, hiddenSize, size, facts)) return row.walk;
  }
  return null;
}

/** Numbers of rows and of steps that have among them every choice that `table` can make. */
export function representatives(table: readonly TuningRow[]): { numRows: number[]; numSteps: number[] } {
  const rows = table.flatMap(({ minRows = 1, maxRows = 0 }) => [minRows, maxRows + 1]);
  const steps = table.flatMap(({ minSteps = 1 }) => [minSteps]);
  return { numRows: [...new Set([1, ...rows])], numSteps: [...new Set([1, MAX_NETWORK_STEPS + 1, ...steps])] };
}

function fits(row: TuningRow, hiddenSize: number, [numRows, numSteps]: RowsAndSteps, facts: DeviceFacts): boolean {
  const { adapter, maxHiddenSize = Infinity, minRows = 1, maxRows = Infinity, minSteps = 1, walk } = row;
  return (
    (adapter === undefined || (adapter === "software") === facts.isFallback) &&
    hiddenSize <= maxHiddenSize &&
    numRows >= minRows &&
    numRows <= maxRows &&
    numSteps >= minSteps &&
    (walk.kernel === "step" || walk.workgroupSize <= facts.maxComputeInvocationsPerWorkgroup)
  );
}
