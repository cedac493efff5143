/** How a model is mostly used: what `auto` decides by. */
export interface Workload {
  /** B, rows that advance together: a run's `batchSize`, or streams that are pushed in the same turn; 1 when absent. */
  readonly batchSize?: number;
  /** T, steps of a push or a run; 1 when absent. */
  readonly sequenceLength?: number;
  /** Whether to time both devices while loading, for at most 50 ms (true when absent), or to go by estimates alone. */
  readonly measure?: boolean;
}
