// Errors for pickles with objects that no state_dict has, with the way out in Python.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { ForeignObject } from "./pickle.js";
import { isStateDict } from "./torchTensor.js";

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
 * The error for a pickle that names other classes than those of a state_dict.
 *
 * @param path the first such name
 * @param value of the pickle; undefined if it could not be read to its end
 */
export function refuseForeign(path: string, value: unknown): GruError {
  const items = value instanceof Map ? [...value] : [];
  const inside = items.find(([, item]) => isStateDict(item));
  if (inside !== undefined) {
    const key = quote(inside[0]);
    const found = `a checkpoint with a state_dict under ${key}, beside an object of the class ${quote(path)}`;
    return unsupported(
      `expected a state_dict's tensors alone, got ${found}; save the state_dict in Python: torch.save(checkpoint[${key}], "model.pt")`,
    );
  }
  const module = items.find(([, item]) => isModule(item));
  if (module !== undefined) {
    const at = `checkpoint[${quote(module[0])}]`;
    const found = `a whole module of the class ${quote((module[1] as ForeignObject).path)} in ${at}`;
    return unsupported(
      `expected a state_dict, got ${found}; save the state_dict in Python: torch.save(${at}.state_dict(), "model.pt")`,
    );
  }
  if (isModule(value)) {
    const found = `a whole module of the class ${quote(value.path)}`;
    return unsupported(`expected a state_dict, got ${found}; ${SAVE_STATE_DICT}`);
  }
  const writer = WRITERS.get(path.split(".", 1)[0]!);
  if (writer !== undefined) {
    const [what, wayOut] = writer;
    return unsupported(`expected a state_dict of PyTorch, got ${what} (${quote(path)}); ${wayOut}`);
  }
  return unsupported(`expected a state_dict's tensors alone, got ${quote(path)}; ${SAVE_STATE_DICT}`);
}

function isModule(value: unknown): value is ForeignObject {
  return value instanceof ForeignObject && value.isModule;
}

function unsupported(message: string): GruError {
  return new GruError("unsupported", `pickle: ${message}`);
}
