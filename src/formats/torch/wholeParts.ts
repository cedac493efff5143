import type { Tensor } from "../tensor.js";
import { EPSILON } from "./batchNorms.js";
import { describeModule } from "./describeModule.js";
import type { Inferred } from "./inferDescription.js";
import { numberOf } from "./moduleActivation.js";
import { readChain } from "./moduleChain.js";
import type { TorchModule } from "./moduleTree.js";
import { isOfLoss } from "./stateDict.js";

/** The facts that the parts of a whole module tell beyond its state_dict. */
export interface WholeParts {
  /** The eps of its batch normalisations, by their names. */
  readonly epsilons: ReadonlyMap<string, number>;
  /**
   * Its network, as `describeModule`.
   *
   * @param tensors by canonical name, without the loss's @param prefix that the canonical names lack
   */
  describe(tensors: ReadonlyMap<string, Tensor>, prefix: string): Inferred | null;
}

/** The parts of a whole module. @throws GruError `bad-file` for an eps that is no number */
export function wholeParts(module: TorchModule): WholeParts {
  const links = readChain(module, (path) => isOfLoss(`${path}.`));
  const norms = links.filter(({ className }) => className.startsWith("BatchNorm"));
  return {
    epsilons: new Map(norms.map((link) => [link.path, numberOf(link, "eps", EPSILON)])),
    describe: (tensors, prefix) => {
      const own = links.map((link) =>
        link.path.startsWith(prefix) ? { ...link, path: link.path.slice(prefix.length) } : link,
      );
      return describeModule(own, tensors);
    },
  };
}
