import type { ModelEffort, ModelRow } from "./measureModel.js";
import type { RealModel } from "./realModel.js";

/** Where models are run. */
export interface ModelRuntime {
  /** Its name and version. */
  readonly engine: string;
  /** @param files gives the bytes of a file of that name */
  measure(model: RealModel, effort: ModelEffort, files: (name: string) => Uint8Array): Promise<ModelRow>;
  close(): Promise<void>;
}
