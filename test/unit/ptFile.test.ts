// .pt files that tests make; what PyTorch itself wrote is among the fixtures.

import { describe, expect, it } from "vitest";
import type { NetworkDescription } from "../../src/formats/description.js";
import { parseTorch } from "../../src/formats/torch/parseTorch.js";
import type { GruErrorCode } from "../../src/errors.js";
import type { GruLayer } from "../../src/layers/gru.js";
import { parseModel } from "../../src/load/parseModel.js";
import {
  bytesOf,
  type Pickled,
  pickle,
  pickledTensor,
  ptFile,
  ptStateDict,
  rawPickle,
  type TensorParts,
  zip,
} from "../files/pickleFile.js";
import { gruModule, wholeModule, wrapped } from "../files/wholeModule.js";
import { randomArray, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";
import { cellShapes, gruShapes, linearShapes, stateDictFile, stateDictTensors } from "../files/stateDictFile.js";

const SAVE = 'save the state_dict in Python: torch.save(model.state_dict(), "model.pt")';
const shapes = { ...gruShapes("gru.", 4, 5), ...linearShapes("head", 5, 3) };
const tensors = stateDictTensors(shapes);

describe("a .pt file", () => {
  it("is the same network as the same state_dict in safetensors", async () => {
    const network = await parseModel(ptStateDict(tensors));
    expect(network).toEqual(await parseModel(stateDictFile(shapes)));
  });

  it("may be a checkpoint, of which it tells what it read and what not", () => {
    const file = ptStateDict(
      tensors,
      (stateDict) =>
        new Map<unknown, unknown>([
          ["epoch", 3],
          ["net", stateDict],
          ["optimizer", new Map()],
        ]),
    );
    expect(parseTorch(file).notes[0]).toBe('Read from "net" of a checkpoint. Left out: "epoch", "optimizer".');
  });

  it("may be a checkpoint with a vocabulary of more words than a network has tensors", () => {
    const words = new Map(Array.from({ length: 5000 }, (_, i) => [`word ${i}`, i]));
    const file = ptStateDict(
      tensors,
      (stateDict) =>
        new Map<unknown, unknown>([
          ["words", words],
          ["net", stateDict],
        ]),
    );
    expect(parseTorch(file).notes[0]).toBe('Read from "net" of a checkpoint. Left out: "words".');
  });

  it("may have tied weights, which are read once", () => {
    const tied = pickledTensor({ shape: [3, 1], numElements: 3 });
    const file = ptFile(
      new Map([
        ["weight_ih", tied],
        ["weight_hh", tied],
      ]),
      { "data/0": bytesOf(Float32Array.of(1, 2, 3)) },
    );
    const [gru] = parseTorch(file).layers as [GruLayer];
    expect(gru.weight).toBe(gru.recurrentWeight);
  });

  it("may be a checkpoint of a state_dict alone", () => {
    const file = ptStateDict(tensors, (stateDict) => new Map([["state_dict", stateDict]]));
    expect(parseTorch(file).notes[0]).toBe('Read from "state_dict" of a checkpoint.');
  });

  it("may have dicts of other tensors in a checkpoint", () => {
    const averages = new Map([["loss", pickledTensor({ shape: [4], key: "0", numElements: 60 })]]);
    const file = ptStateDict(
      tensors,
      (stateDict) =>
        new Map([
          ["averages", averages],
          ["model", stateDict],
        ]),
    );
    expect(parseTorch(file).notes[0]).toBe('Read from "model" of a checkpoint. Left out: "averages".');
  });

  it("may have parameters instead of tensors", () => {
    const parameter: Pickled = {
      call: { global: "torch._utils._rebuild_parameter" },
      args: [pickledTensor({ shape: [15, 5], key: "1" }), true, null],
    };
    const file = ptFile(
      new Map([
        ["weight_ih", pickledTensor({ shape: [15, 4], key: "0" })],
        ["weight_hh", parameter],
      ] as const),
      {
        "data/0": new Uint8Array(4 * 60),
        "data/1": new Uint8Array(4 * 75),
      },
    );
    expect(parseTorch(file).layers).toMatchObject([{ name: "gru", inputSize: 4, hiddenSize: 5 }]);
  });

  it("may have BatchNorm's counts, which it leaves out and notes", async () => {
    const count = pickledTensor({ shape: [], key: "n", type: "torch.LongStorage" });
    const file = cellFile({ "norm.num_batches_tracked": count });
    expect(parseTorch(file).notes[0]).toBe("Whole numbers, left out: norm.num_batches_tracked.");
  });

  it("may have other whole numbers where a description says which layers there are", () => {
    const file = cellFile({ places: pickledTensor({ shape: [2], key: "n", type: "torch.IntStorage" }) });
    const description: NetworkDescription = { layers: [{ type: "gru", name: "gru", inputSize: 2, hiddenSize: 1 }] };
    expect(parseTorch(file, description).notes).toEqual(["Whole numbers, left out: places."]);
  });

  it("may have been written by a big-endian machine", () => {
    const swapped = new Map(
      [...tensors].map(([name, { shape, values }]) => {
        const bytes = bytesOf(values.slice());
        for (let i = 0; i < bytes.length; i += 4) bytes.subarray(i, i + 4).reverse();
        return [name, { shape, values: new Float32Array(bytes.buffer) }];
      }),
    );
    const items = [...swapped].map(([name, { shape }], i) => [name, pickledTensor({ shape, key: `${i}` })] as const);
    const storages = [...swapped.values()].map(({ values }, i) => [`data/${i}`, bytesOf(values)] as const);
    const entries = { ...Object.fromEntries(storages), byteorder: new TextEncoder().encode("big") };
    expect(parseTorch(ptFile(new Map(items), entries))).toEqual(parseTorch(ptStateDict(tensors)));
  });

  const views: [what: string, parts: TensorParts, expected: number[]][] = [
    ["a part of a storage", { shape: [3, 1], offset: 2, numElements: 60 }, [2, 3, 4]],
    ["every second element", { shape: [3, 1], strides: [2, 1], numElements: 60 }, [0, 2, 4]],
    ["a matrix by its columns", { shape: [3, 2], strides: [1, 3], numElements: 60 }, [0, 3, 1, 4, 2, 5]],
    ["one number for all", { shape: [3, 2], strides: [0, 0], offset: 7, numElements: 60 }, [7, 7, 7, 7, 7, 7]],
    ["an axis of one, whatever its stride", { shape: [3, 1], strides: [1, 50], numElements: 60 }, [0, 1, 2]],
  ];
  for (const [what, parts, expected] of views) {
    it(`may have tensors that are ${what}`, () => {
      const [, inputSize] = parts.shape;
      const root = new Map([
        ["weight_ih", pickledTensor(parts)],
        ["weight_hh", pickledTensor({ shape: [3, 1], numElements: 60 })],
      ]);
      const file = ptFile(root, { "data/0": bytesOf(Float32Array.from({ length: 60 }, (_, i) => i)) });
      expect(parseTorch(file).layers).toMatchObject([{ inputSize, weight: Float32Array.from(expected) }]);
    });
  }
});

const view = (text: string) => `torch: expected a view of storage "0" and its 60 elements, got ${text}`;

const GRU = gruModule(4, 2);

describe("a state_dict is found", () => {
  const oneCell = new Map([
    ["weight_ih", pickledTensor({ shape: [6, 4], numElements: 60 })],
    ["weight_hh", pickledTensor({ shape: [6, 2], numElements: 60 })],
  ]);
  const namespace: Pickled = { call: { global: "argparse.Namespace" }, args: [] };
  const found: [what: string, root: Pickled, notes: (string | RegExp)[]][] = [
    [
      "beside objects of other classes, of which it tells the keys alone",
      new Map<unknown, unknown>([
        ["args", { attributesOf: namespace, attributes: new Map([["secret", 1]]) }],
        [namespace, 1],
        ["net", oneCell],
      ]),
      ['Read from "net" of a checkpoint. Left out: "args", an object of "argparse.Namespace".'],
    ],
    [
      "two dicts deep",
      new Map([
        [
          "state",
          new Map<unknown, unknown>([
            ["epoch", 1],
            ["net", oneCell],
          ]),
        ],
      ]),
      ['Read from "state" > "net" of a checkpoint.'],
    ],
    [
      "beside what is no tensor",
      new Map<unknown, unknown>([...oneCell, ["_extra_state", namespace], ["epoch", 3]]),
      ['Left out: "_extra_state", "epoch".'],
    ],
    [
      "in a whole module",
      wholeModule("__main__.Net", { rnn: GRU, dropout: null }),
      ['Read from a whole module of the class "__main__.Net", as data: its parts are known, its forward() is not.'],
    ],
    [
      "in a whole module of a checkpoint",
      new Map<unknown, unknown>([
        ["model", GRU],
        ["epoch", 1],
      ]),
      ['Read from "model" of a checkpoint. Left out: "epoch".', /class "GRU"/],
    ],
  ];
  for (const [what, root, notes] of found) {
    it(`${what}`, () => {
      const network = parseTorch(wrapped(root));
      expect(network.layers).toMatchObject([{ type: "gru", inputSize: 4, hiddenSize: 2 }]);
      notes.forEach((note, i) => expect(network.notes[i]).toMatch(note));
    });
  }

  it("without names of a recurrent layer where a description says which layers there are", () => {
    const root = new Map<unknown, unknown>([
      ["head", new Map([["head.weight", pickledTensor({ shape: [6, 10], numElements: 60 })]])],
      ["epoch", 3],
    ]);
    const description: NetworkDescription = { layers: [{ type: "dense", name: "head", inputSize: 10, outputSize: 6 }] };
    expect(parseTorch(wrapped(root), description).layers).toMatchObject([{ name: "head", outputSize: 6 }]);
  });
});

/** A cell with one tensor that is not as it should be. */
const cell = (more: Partial<TensorParts>) =>
  wrapped(new Map([["weight_ih", pickledTensor({ shape: [15, 4], ...more })]]));

describe("a .pt file is refused", () => {
  const tensor = pickledTensor({ shape: [15, 4] });
  const found = "a state_dict, or a checkpoint with one that has a GRU";
  const refused: [what: string, bytes: Uint8Array, code: GruErrorCode, message: string | RegExp][] = [
    [
      "for an object without attributes",
      wrapped({ call: { global: "torch.nn.modules.rnn.GRU" }, args: [] }),
      "unsupported",
      `pickle: expected a state_dict's tensors alone, got "torch.nn.modules.rnn.GRU"; ${SAVE}`,
    ],
    [
      "for a whole module without a recurrent layer",
      wrapped(wholeModule("__main__.Net", {})),
      "unsupported",
      `pickle: expected the tensors of a recurrent layer, got a whole module of the class "__main__.Net" without one; ${SAVE}`,
    ],
    [
      "for a whole module in itself, and so on",
      wrapped(Array.from({ length: 40 }).reduce<Pickled>((part) => wholeModule("__main__.Net", { part }), 0)),
      "bad-file",
      "torch: expected at most 32 levels in whole modules, got more",
    ],
    [
      "for a state_dict without a recurrent layer, beside other objects",
      wrapped(
        new Map<string, Pickled>([
          ["args", { call: { global: "argparse.Namespace" }, args: [] }],
          ["net", new Map([["head.weight", tensor]])],
        ]),
      ),
      "unsupported",
      `pickle: expected a state_dict's tensors alone, got "argparse.Namespace"; ${SAVE}`,
    ],
    [
      "for what would run a command",
      wrapped({ call: { global: "posix.system" }, args: ["echo"] }),
      "unsupported",
      `pickle: expected a state_dict's tensors alone, got "posix.system"; ${SAVE}`,
    ],
    [
      "for a quantised tensor without a storage",
      wrapped({ call: { global: "torch._utils._rebuild_qtensor" }, args: [] }),
      "bad-file",
      /^torch: expected a storage, an offset, sizes and strides, got /,
    ],
    [
      "for complex numbers",
      cell({ type: "torch.ComplexFloatStorage" }),
      "unsupported",
      'tensor "weight_ih": expected torch.FloatStorage, torch.HalfStorage, torch.BFloat16Storage, torch.DoubleStorage, got torch.ComplexFloatStorage',
    ],
    [
      "for a storage of a type that PyTorch does not have",
      cell({ type: "torch.Float7Storage" }),
      "bad-file",
      /^torch: expected a storage's type, key and size, got \["storage",\{"path":"torch.Float7Storage"\},"0","cpu",60\]$/,
    ],
    [
      "for a TorchScript archive",
      wrapped(new Map(), { "constants.pkl": pickle(null) }),
      "unsupported",
      'torch: expected a state_dict, got a TorchScript archive; save the state_dict in Python: torch.save(torch.jit.load("model.pt").state_dict(), "state.pt")',
    ],
    [
      "without a pickle",
      zip({ "archive/version": new Uint8Array(2) }),
      "bad-file",
      'torch: expected one data.pkl in the zip, got ["archive/version"]',
    ],
    [
      "with two",
      zip({ "a/data.pkl": pickle(1), "b/data.pkl": pickle(2) }),
      "bad-file",
      'torch: expected one data.pkl in the zip, got ["a/data.pkl","b/data.pkl"]',
    ],
    [
      "for a byte order that is none",
      wrapped(new Map(), { byteorder: new TextEncoder().encode("middle") }),
      "bad-file",
      'torch: expected byteorder little or big, got "middle"',
    ],
    ["for a list", wrapped([1]), "unsupported", `torch: expected a dict of tensors, got [1]; ${SAVE}`],
    ["for one tensor", wrapped(tensor), "unsupported", `torch: expected a dict of tensors, got one tensor; ${SAVE}`],
    ["for an empty dict", wrapped(new Map()), "unsupported", `torch: expected ${found}, got one of nothing; ${SAVE}`],
    [
      "for a checkpoint without a GRU",
      wrapped(new Map([["model", new Map([["head.weight", tensor]])]])),
      "unsupported",
      `torch: expected ${found}, got one of "model"; ${SAVE}`,
    ],
    [
      "for a checkpoint of two",
      wrapped(new Map(["model", "average"].map((key) => [key, new Map([["weight_hh", tensor]])]))),
      "unsupported",
      `torch: expected ${found}, got several, "model", "average"; ${SAVE}`,
    ],
    [
      "for a storage that it lacks",
      cell({ key: "9" }),
      "bad-file",
      'torch: expected 240 bytes of torch.FloatStorage "9", got none in the file',
    ],
    [
      "for a storage that is a path",
      cell({ key: "../data.pkl" }),
      "bad-file",
      'torch: expected 240 bytes of torch.FloatStorage "../data.pkl", got none in the file',
    ],
    [
      "for a storage of another size",
      cell({ numElements: 61 }),
      "bad-file",
      'torch: expected 244 bytes of torch.FloatStorage "0", got 240',
    ],
    [
      "for a view past its storage",
      cell({ offset: 1, numElements: 60 }),
      "bad-file",
      view("sizes [15, 4] with strides [4, 1] at 1"),
    ],
    [
      "for strides past its storage",
      cell({ strides: [5, 1], numElements: 60 }),
      "bad-file",
      view("sizes [15, 4] with strides [5, 1] at 0"),
    ],
    [
      "for a negative stride",
      cell({ strides: [-4, 1] }),
      "bad-file",
      "torch: expected a storage, an offset, sizes and strides, got [0,[15,4],[-4,1]]",
    ],
    [
      "for more sizes than strides",
      cell({ strides: [1] }),
      "bad-file",
      "torch: expected a storage, an offset, sizes and strides, got [0,[15,4],[1]]",
    ],
    [
      "for nine axes",
      cell({ shape: Array.from({ length: 9 }, () => 1) }),
      "bad-file",
      "torch: expected a storage, an offset, sizes and strides, got [0,[1,1,1,1,1,1,1,1,1],[1,1,1,1,1,1,1,1,1]]",
    ],
    [
      "for a negative size of a storage",
      cell({ numElements: -1 }),
      "bad-file",
      'torch: expected a storage\'s type, key and size, got ["storage","torch.FloatStorage","0","cpu",-1]',
    ],
    [
      "for a parameter without a tensor",
      wrapped({ call: { global: "torch._utils._rebuild_parameter" }, args: [1] }),
      "bad-file",
      "torch: expected a parameter's tensor, got number",
    ],
    [
      "for an OrderedDict of no pairs",
      wrapped({ call: { global: "collections.OrderedDict" }, args: [[1]] }),
      "bad-file",
      "torch: expected an OrderedDict of pairs, got one of object",
    ],
    [
      "for whole numbers that may be weights",
      cellFile({ "head.weight": pickledTensor({ shape: [1], key: "n", type: "torch.CharStorage" }) }),
      "unsupported",
      'tensor "head.weight": expected torch.FloatStorage, torch.HalfStorage, torch.BFloat16Storage, torch.DoubleStorage, got torch.CharStorage',
    ],
  ];
  for (const [what, bytes, code, message] of refused) {
    it(`${what}`, async () => {
      await expectRefusal(() => parseTorch(bytes), code, message);
    });
  }

  it("for tensors that are larger together than the file could be", async () => {
    const bytes = cell({ shape: [9999, 9999], strides: [0, 0], numElements: 60 });
    const message = `torch: expected at most ${(bytes.length >> 1) + 2 ** 23} elements in a file of ${bytes.length} bytes, got 99980001`;
    await expectRefusal(() => parseTorch(bytes), "bad-file", message);
  });

  it("for more tensors than a network has", async () => {
    const names = Array.from({ length: 4097 }, (_, i) => `${i}`);
    const bytes = ptFile(new Map(names.map((name) => [name, tensor])));
    await expectRefusal(() => parseTorch(bytes), "bad-file", "torch: expected at most 4096 tensors, got 4097");
  });
});

/** Opcodes that push a class, of protocol 4. */
function named(module: string, name: string): (string | number)[] {
  return ["\x8c", module.length, module, "\x8c", name.length, name, "\x93"];
}

describe("a pickle that torch.save did not write is refused by what it is", () => {
  const noGru = "it has no GRU; load the network's own file";
  const refused: [what: string, parts: (string | number)[], message: string][] = [
    [
      "an object of scikit-learn, as pickle saves it",
      [...named("sklearn.preprocessing._data", "StandardScaler"), ")\x81}\x8c", 1, "aNsb."],
      `pickle: expected a state_dict of PyTorch, got an object of scikit-learn, as joblib or pickle saves it ("sklearn.preprocessing._data.StandardScaler"); ${noGru}`,
    ],
    [
      "an object of scikit-learn, as joblib saves it, with arrays between the opcodes",
      [
        ...named("sklearn.linear_model", "Ridge"),
        ")\x81}",
        ...named("joblib.numpy_pickle", "NumpyArrayWrapper"),
        ")\x81}b",
        1,
        2,
        3,
      ],
      `pickle: expected a state_dict of PyTorch, got an object of scikit-learn, as joblib or pickle saves it ("sklearn.linear_model.Ridge"); ${noGru}`,
    ],
    [
      "a list of joblib",
      ["]", ...named("joblib.numpy_pickle", "NumpyArrayWrapper"), ")\x81}b", 255],
      `pickle: expected a state_dict of PyTorch, got a file of joblib ("joblib.numpy_pickle.NumpyArrayWrapper"); joblib's files are not supported; if it has a network of PyTorch, ${SAVE}`,
    ],
    [
      "NumPy arrays",
      ["}\x8c", 1, "w", ...named("numpy._core.multiarray", "_reconstruct"), "(C", 1, "btRs."],
      'pickle: expected a state_dict of PyTorch, got a pickle of NumPy arrays ("numpy._core.multiarray._reconstruct"); save them by name in Python: np.savez("model.npz", **arrays)',
    ],
    [
      "a Keras model",
      [...named("keras.src.models.sequential", "Sequential"), ")\x81."],
      'pickle: expected a state_dict of PyTorch, got a pickle of a Keras model ("keras.src.models.sequential.Sequential"); save it in Python: model.save("model.keras")',
    ],
    [
      "a whole module, as pickle saves it",
      [...named("__main__", "Net"), ")\x81}(\x8c", 8, "_modules}ub."],
      `pickle: expected the tensors of a recurrent layer, got a whole module of the class "__main__.Net" without one; ${SAVE}`,
    ],
    ["a number", ["K", 1, "."], `torch: expected a dict of tensors, got 1; ${SAVE}`],
    [
      "a storage that is none",
      [...named("torch.storage", "_load_from_bytes"), "K", 1, "\x85R."],
      "torch: expected the bytes of a storage, got number",
    ],
    [
      "a storage of other bytes",
      [...named("torch.storage", "_load_from_bytes"), "C", 3, "K\x01.\x85R."],
      "torch: expected a storage in a file of torch.save, got 1",
    ],
    [
      "an object of a class that is none",
      [")", ")\x81."],
      "pickle: expected a class to make an object of, got another object",
    ],
  ];
  for (const [what, parts, message] of refused) {
    it(`${what}`, async () => {
      const bytes = rawPickle("\x80", 4, ...parts);
      const code = /is none$|of other bytes$/.test(what) ? "bad-file" : "unsupported";
      await expectRefusal(() => parseTorch(bytes), code, message);
    });
  }
});

describe("a .pt file from before PyTorch 1.6", () => {
  const storage = { persistent: ["storage", { global: "torch.FloatStorage" }, "7", "cpu", 3, null] };
  const rebuilt = (shape: number[]): Pickled => ({
    call: { global: "torch._utils._rebuild_tensor" },
    args: [storage, 0, shape, [1, 1]],
  });
  const parts = {
    magic: Uint8Array.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]),
    protocol: pickle(1001),
    machine: pickle(new Map([["little_endian", false]])),
    object: pickle(
      new Map([
        ["weight_ih", rebuilt([3, 1])],
        ["weight_hh", rebuilt([3, 1])],
      ]),
    ),
    keys: pickle(["7"]),
    storage: Uint8Array.from([3, 0, 0, 0, 0, 0, 0, 0, ...bytesOf(Float32Array.of(1, 2, 3))]),
  };
  const file = (changes: Partial<typeof parts> = {}) => {
    const pieces: Uint8Array[] = Object.values({ ...parts, ...changes });
    return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  };

  it("is read, little-endian on every machine", async () => {
    const { layers } = await parseModel(file());
    expect(layers).toMatchObject([
      { name: "gru", weight: Float32Array.of(1, 2, 3), recurrentWeight: Float32Array.of(1, 2, 3) },
    ]);
  });

  const refused: [what: string, changes: Partial<typeof parts>, code: GruErrorCode, message: string][] = [
    ["another pickle", { magic: pickle(1) }, "unsupported", `torch: expected a dict of tensors, got 1; ${SAVE}`],
    [
      "a storage inside another",
      { object: pickle({ call: { global: "torch.storage._load_from_bytes" }, args: [1] }), keys: pickle([]) },
      "unsupported",
      `pickle: expected a state_dict's tensors alone, got "torch.storage._load_from_bytes"; ${SAVE}`,
    ],
    ["another protocol", { protocol: pickle(1002) }, "unsupported", "torch: expected protocol 1001, got 1002"],
    ["no keys", { keys: pickle(7) }, "bad-file", "torch: expected a list of storage keys, got 7"],
    ["the key of no storage", { keys: pickle(["8"]) }, "bad-file", 'torch: storage "8" belongs to no tensor'],
    [
      "a storage without a key",
      { keys: pickle([]) },
      "bad-file",
      'torch: expected 12 bytes of torch.FloatStorage "7", got none in the file',
    ],
    [
      "another count",
      { storage: Uint8Array.from([4, ...parts.storage.subarray(1)]) },
      "bad-file",
      'torch: expected 3 elements in storage "7", got 4',
    ],
    [
      "a storage cut off",
      { storage: parts.storage.subarray(0, 10) },
      "bad-file",
      `torch: storage "7" ends at byte ${file().length}, past the end of the file (${file().length - 10})`,
    ],
    [
      "no count",
      { storage: new Uint8Array() },
      "bad-file",
      `torch: storage "7" ends at byte ${file().length}, past the end of the file (${file().length - 20})`,
    ],
    [
      "a whole module",
      { object: pickle({ global: "__main__.Net" }), keys: pickle([]) },
      "unsupported",
      `pickle: expected a state_dict's tensors alone, got "__main__.Net"; ${SAVE}`,
    ],
  ];
  for (const [what, changes, code, message] of refused) {
    it(`is refused for ${what}`, async () => {
      await expectRefusal(() => parseTorch(file(changes)), code, message);
    });
  }

  it("may have the classes of a whole module, with their source", () => {
    const classId: Pickled = { persistent: ["module", { global: "torch.nn.modules.rnn.GRUCell" }, "rnn.py", "class"] };
    const parameters = new Map([
      ["weight_ih", rebuilt([3, 1])],
      ["weight_hh", rebuilt([3, 1])],
    ]);
    const attributes = new Map([
      ["_modules", new Map()],
      ["_parameters", parameters],
    ]);
    const module = { attributesOf: { call: classId, args: [] }, attributes };
    const { layers, notes } = parseTorch(file({ object: pickle(module) }));
    expect(layers).toMatchObject([{ name: "gru", weight: Float32Array.of(1, 2, 3) }]);
    expect(notes[0]).toContain('class "GRUCell"');
  });

  it("is refused for a view of an older kind", async () => {
    const viewed: Pickled = { persistent: ["storage", { global: "torch.FloatStorage" }, "7", "cpu", 3, ["8", 0, 3]] };
    await expectRefusal(
      () => parseTorch(file({ object: pickle(viewed) })),
      "bad-file",
      /^torch: expected a storage's type, key and size, got/,
    );
  });
});

describe("a damaged .pt file", () => {
  it("is refused, or read, and nothing else, wherever a byte is changed", () => {
    const good = ptStateDict(stateDictTensors(cellShapes("", 2, 1)));
    const next = uniform(5);
    const outcomes = new Map<string, number>();
    for (let i = 0; i < 3000; i++) {
      const bytes = good.slice();
      bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
      const outcome = outcomeOf(() => parseTorch(bytes));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].sort()).toEqual(["GruError", "read"]);
    expect(outcomes.get("GruError")).toBeGreaterThan(1000);
  });
});

/** A GRU cell of one unit, and other tensors on a storage `n`. */
function cellFile(others: Record<string, Pickled>): Uint8Array {
  const items: [string, Pickled][] = [
    ["weight_ih", pickledTensor({ shape: [3, 2], key: "0" })],
    ["weight_hh", pickledTensor({ shape: [3, 1], key: "1" })],
    ...Object.entries(others),
  ];
  const next = uniform(4);
  const entries = {
    "data/0": bytesOf(randomArray(6, next)),
    "data/1": bytesOf(randomArray(3, next)),
    "data/n": bytesOf(BigInt64Array.of(1n)),
  };
  return ptFile(new Map(items), entries);
}

function outcomeOf(read: () => unknown): string {
  try {
    read();
    return "read";
  } catch (error) {
    return (error as Error).name;
  }
}
