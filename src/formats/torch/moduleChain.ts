// The parts of a whole module that compute, in their order, and which of them surely read the one before: those of an nn.Sequential.

import type { TorchModule } from "./moduleTree.js";

/** A part that computes. */
export interface Link {
  readonly path: string;
  readonly className: string;
  readonly attributes: ReadonlyMap<unknown, unknown>;
  /** Whether it surely reads the one before. */
  readonly isJoined: boolean;
  /** Whether it is of an nn.Sequential; the forward pass of another module is not in the file. */
  readonly isPlaced: boolean;
}

/** Parts that change nothing at inference. A Flatten changes nothing where the sizes around it agree. */
const NOTHING = /^(\w*Dropout\w*|Identity|Flatten|ModuleList|ModuleDict|Sequential)$/;

/** Parts that are for training alone. */
const TRAINING = /^\w+Loss$|^torchmetrics\./;

/** Classes of weight_norm and others in their newer form: `ParametrizedLinear` of an `nn.Linear`. */
const PARAMETRIZED = /^torch\.nn\.utils\.parametrize\.Parametrized(\w+)$/;

/**
 * The parts of a whole module that compute, in their order.
 *
 * @param isLeftOut whether the part at a path is none of the network
 */
export function readChain(root: TorchModule, isLeftOut: (path: string) => boolean): Link[] {
  const links: Link[] = [];
  // Whether the parts left out since the last link are of one nn.Sequential with it.
  let isUnbroken = true;
  const add = (part: TorchModule, isJoined: boolean, isPlaced: boolean): void => {
    const { path, attributes, children } = part;
    if (isLeftOut(path) || TRAINING.test(part.className)) return;
    const parametrized = PARAMETRIZED.exec(part.className)?.[1];
    const className = parametrized ?? part.className;
    if (children.length > 0 && parametrized === undefined) {
      const isSequential = className === "Sequential";
      let isAfterKnown = isSequential && isJoined;
      for (const child of children) {
        add(child, isAfterKnown, isSequential);
        isAfterKnown = isSequential && (child.className === "Sequential" || child.children.length === 0);
      }
      return;
    }
    isUnbroken &&= isJoined;
    if (NOTHING.test(className)) return;
    links.push({ path, className, attributes, isJoined: isUnbroken && links.length > 0, isPlaced });
    isUnbroken = true;
  };
  add(root, false, false);
  return links;
}
