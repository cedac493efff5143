// Errors for pickles with objects that no state_dict has, with the way out in Python.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { ForeignObject } from "./foreignObject.js";

/** The way out for most files. */
export const SAVE_STATE_DICT = 'save the state_dict in Python: torch.save(model.state_dict(), "model.pt")';

/** Descriptions and ways out, by the package of a pickle's first name. */
const WRITERS: ReadonlyMap<string, readonly [what: string, wayOut: string]> = new Map([
  [
    "sklearn",
    ["an object of scikit-learn, as joblib or pickle saves it", "it has no GRU; load the network's own file"],
  ],
  [
    "joblib",
    ["a file of joblib", `joblib's files are not supported; if it has a network of PyTorch, ${SAVE_STATE_DICT}`],
  ],
  ["numpy", ["a pickle of NumPy arrays", 'save them by name in Python: np.savez("model.npz", **arrays)']],
  ["pandas", ["a pickle of pandas", "it has no GRU; load the network's own file"]],
  ["keras", ["a pickle of a Keras model", 'save it in Python: model.save("model.keras")']],
  ["tensorflow", ["a pickle of a Keras model", 'save it in Python: model.save("model.keras")']],
]);

/**
 * The error for a pickle without a state_dict that names other classes than a state_dict's.
 *
 * @param path the first such name
 * @param value of the pickle; undefined if it could not be read to its end
 */
export function refuseForeign(path: string, value: unknown): GruError {
  const items = value instanceof Map ? [...value.values()] : [value];
  const module = items.find((item): item is ForeignObject => item instanceof ForeignObject && item.isModule);
  if (module !== undefined) {
    const got = `a whole module of the class ${quote(module.path)} without one`;
    return unsupported(`expected the tensors of a recurrent layer, got ${got}; ${SAVE_STATE_DICT}`);
  }
  const writer = WRITERS.get(path.split(".", 1)[0]!);
  if (writer !== undefined) {
    const [what, wayOut] = writer;
    return unsupported(`expected a state_dict of PyTorch, got ${what} (${quote(path)}); ${wayOut}`);
  }
  return unsupported(`expected a state_dict's tensors alone, got ${quote(path)}; ${SAVE_STATE_DICT}`);
}

function unsupported(message: string): GruError {
  return new GruError("unsupported", `pickle: ${message}`);
}
