// A whole module in a pickle, read as data: its parameters and buffers, which are its state_dict, and the classes of its parts. Its
// code is not in the file.

import { GruError } from "../../errors.js";
import { ForeignObject } from "./foreignObject.js";
import { TorchTensor } from "./torchTensor.js";

/** A part of a whole module. */
export interface TorchModule {
  /** Its name in the whole: "head.0"; "" for the whole itself. */
  readonly path: string;
  /** "ReLU" for a class of torch.nn, "__main__.Net" for another. */
  readonly className: string;
  /** Its `__dict__`. */
  readonly attributes: ReadonlyMap<unknown, unknown>;
  /** In their order. */
  readonly children: readonly TorchModule[];
}

/** A whole module's tensors, as its state_dict has them, and its parts. */
export interface WholeModule {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  readonly root: TorchModule;
}

/** Limit of levels. A part that has itself as a part would have no end. */
const MAX_DEPTH = 32;

/** Parts, and entries of their dicts, that one file may make the reader look at: a part may be at many places of the whole. */
const MAX_ENTRIES = 2 ** 16;

/** Classes of torch.nn: `torch.nn.modules.linear.Linear`. */
const STANDARD = /^torch\.nn\.modules\.\w+\.(\w+)$/;

/** Reads the modules of one file. */
export class ModuleReader {
  #numEntries = 0;

  /** @param module the object of the pickle @throws GruError `bad-file` for too many parts, or levels of parts */
  read(module: ForeignObject): WholeModule {
    const tensors = new Map<string, TorchTensor>();
    return { tensors, root: this.#read(module, "", tensors, 0) };
  }

  #read(object: ForeignObject, path: string, tensors: Map<string, TorchTensor>, depth: number): TorchModule {
    if (depth > MAX_DEPTH) throw bad(`at most ${MAX_DEPTH} levels`);
    const prefix = path === "" ? "" : `${path}.`;
    for (const [name, value] of [...this.#entries(object, "_parameters"), ...this.#entries(object, "_buffers")]) {
      if (value instanceof TorchTensor) tensors.set(prefix + name, value);
    }
    const children = this.#entries(object, "_modules").flatMap(([name, part]) =>
      part instanceof ForeignObject && part.isModule ? this.#read(part, prefix + name, tensors, depth + 1) : [],
    );
    const className = STANDARD.exec(object.path)?.[1] ?? object.path;
    return { path, className, attributes: object.attributes, children };
  }

  /** The entries of a dict among a module's attributes. */
  #entries({ attributes }: ForeignObject, field: string): [string, unknown][] {
    const dict = attributes.get(field);
    this.#numEntries += 1 + (dict instanceof Map ? dict.size : 0);
    if (this.#numEntries > MAX_ENTRIES) throw bad(`at most ${MAX_ENTRIES} parts and tensors`);
    if (!(dict instanceof Map)) return [];
    return [...dict].filter((entry): entry is [string, unknown] => typeof entry[0] === "string");
  }
}

function bad(expected: string): GruError {
  return new GruError("bad-file", `torch: expected ${expected} in whole modules, got more`);
}
