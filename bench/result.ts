import type { RunFacts } from "./facts.js";
import type { Row } from "./row.js";

/** The file that a run writes. */
export interface Result {
  readonly meta: RunFacts & { readonly loadAtEnd: number };
  readonly rows: readonly Row[];
}
