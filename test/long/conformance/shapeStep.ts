import { NotRun } from "./notRun.js";
import type { Step } from "./program.js";
import { argmax, concatLast, index, numElements, permute, slice, type Tensor } from "./tensor.js";

/** Steps that move numbers and change none. */
export function changeShape(step: Step, tensors: readonly Tensor[]): Tensor {
  const [tensor] = tensors as readonly [Tensor];
  switch (step.op) {
    case "slice":
      return slice(tensor, step.axis, step.start, step.end);
    case "index":
      return index(tensor, step.axis, step.i);
    case "reshape":
      if (numElements(step.shape) !== tensor.data.length) throw new Error(`reshape "${step.out}": sizes differ`);
      return { shape: step.shape, data: tensor.data };
    case "transpose":
      return permute(tensor, step.perm);
    case "argmax":
      return argmax(tensor);
    case "concat":
      return concatLast(tensors);
    default:
      throw new NotRun(`the runner has no step ${step.op}`);
  }
}
