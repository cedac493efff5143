import { GruError } from "../../errors.js";

/** Why a node cannot be run; the reader gathers those of all nodes before it gives up. */
export class Refusal extends GruError {
  constructor(reason: string) {
    super("unsupported", reason);
  }
}

/** Refuses unless the condition holds. */
export function demand(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Refusal(reason);
}
