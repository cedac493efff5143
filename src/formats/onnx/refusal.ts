import { GruError } from "../../errors.js";

/** The reason why a node cannot be run. The reader collects the refusals of all nodes for one error. */
export class Refusal extends GruError {
  constructor(reason: string) {
    super("unsupported", reason);
  }
}

/** Refuses unless the condition holds. */
export function demand(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Refusal(reason);
}
