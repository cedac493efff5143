import type { AdapterFacts } from "./adapter.js";
import type { Row } from "./row.js";
import type { MeasureRequest } from "./workload.js";

/** Where engines run and are timed. */
export interface Runtime {
  /** @param needsGpu whether having no adapter is an error */
  describe(needsGpu: boolean): Promise<RuntimeFacts>;
  /** @throws Error for an output that is not the reference's */
  measure(request: MeasureRequest): Promise<Row[]>;
  close(): Promise<void>;
}

export interface RuntimeFacts {
  /** The browser, or Node and its WebGPU, with versions. */
  readonly engine: string;
  readonly adapter: AdapterFacts;
  /** The smallest time that the clock tells apart. */
  readonly clockUs: number;
}
