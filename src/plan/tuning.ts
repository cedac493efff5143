import type { DeviceFacts } from "./deviceFacts.js";

/** B and T of a chunk. */
export type RowsAndSteps = readonly [numRows: number, numSteps: number];

/** Which family of kernels to take, and when. A condition that is left out always holds. */
export interface TuningRow<Family = KernelFamily> {
  readonly adapter?: "gpu" | "software";
  readonly vendor?: string;
  /** H, of the layer or, for a whole network, of its largest. */
  readonly minHiddenSize?: number;
  readonly maxHiddenSize?: number;
  /** B */
  readonly minRows?: number;
  readonly maxRows?: number;
  /** T of a chunk */
  readonly minSteps?: number;
  /** B T of a chunk */
  readonly maxRowSteps?: number;
  readonly family: Family;
}

/** A family by its name, with the shape of its kernels. */
export interface KernelFamily {
  readonly kernel: string;
  /** Invocations of a workgroup, where the table says so. */
  readonly workgroupSize?: number;
  /** Whether workgroups wait for each other, which a device may not grant. */
  readonly mayGiveUp?: boolean;
}

/** Chunks in which workgroups may wait in vain before it is taken for the device's habit. */
const MAX_FAILURES = 2;

/** Which kernel families a device takes: a table's rows, most wanted first, and its failures so far. */
export class Tuning<Family extends KernelFamily = KernelFamily> {
  readonly facts: DeviceFacts;
  /** For `explain()`: why a family is no longer taken; empty as long as all are. */
  note = "";
  #table: readonly TuningRow<Family>[];
  #numFailures = 0;

  constructor(facts: DeviceFacts, table: readonly TuningRow<Family>[]) {
    this.facts = facts;
    this.#table = table.filter((row) => isForDevice(row, facts));
  }

  /** Rows for layers of H units, whatever the size of a chunk. */
  rowsFor(hiddenSize: number): TuningRow<Family>[] {
    return this.#table.filter(
      ({ minHiddenSize = 1, maxHiddenSize = Infinity }) => hiddenSize >= minHiddenSize && hiddenSize <= maxHiddenSize,
    );
  }

  /** Counts a chunk in which workgroups waited in vain for each other. */
  noteFailure(): void {
    this.#numFailures++;
    if (this.#numFailures !== MAX_FAILURES) return;
    const failing = this.#table.filter(({ family }) => family.mayGiveUp);
    this.#table = this.#table.filter((row) => !failing.includes(row));
    const names = [...new Set(failing.map(({ family }) => family.kernel))].join(", ");
    this.note = `the ${names} kernels are off: their workgroups waited in vain for each other in ${MAX_FAILURES} chunks`;
  }
}

function isForDevice({ adapter, vendor, family }: TuningRow<KernelFamily>, facts: DeviceFacts): boolean {
  return (
    (adapter === undefined || (adapter === "software") === facts.isFallback) &&
    (vendor === undefined || vendor === facts.vendor) &&
    (family.workgroupSize ?? 0) <= facts.maxComputeInvocationsPerWorkgroup
  );
}

/** Whether a row is for chunks of so many rows, whatever their steps. */
export function isForRows(row: TuningRow<KernelFamily>, numRows: number): boolean {
  const { minRows = 1, maxRows = Infinity, maxRowSteps = Infinity } = row;
  return numRows >= minRows && numRows <= Math.min(maxRows, maxRowSteps);
}

/** Whether a row is for chunks of that size. */
export function isForSize(row: TuningRow<KernelFamily>, [numRows, numSteps]: RowsAndSteps): boolean {
  const { minSteps = 1, maxRowSteps = Infinity } = row;
  return isForRows(row, numRows) && numSteps >= minSteps && numRows * numSteps <= maxRowSteps;
}
