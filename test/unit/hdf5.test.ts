// HDF5 as far as we read it, and each way in which a file of it can lie. The files are h5py's, changed at one place.

import { describe, expect, it } from "vitest";
import type { GruErrorCode } from "../../src/errors.js";
import { FileBytes } from "../../src/formats/hdf5/fileBytes.js";
import { parseHdf5 } from "../../src/formats/hdf5/hdf5File.js";
import { readFixture } from "../files/fixtureFiles.js";
import { expectRefusal } from "../harness/refusal.js";

const older = readFixture("h5_keras_2_embedding_mask").bytes!;
const newer = readFixture("h5_newer_layout").bytes!;
const half = readFixture("h5_float16").bytes!;

const KERNEL = "model_weights/gru/gru/gru_cell/kernel:0";

describe("an HDF5 file", () => {
  it("has groups, texts and arrays", () => {
    const root = parseHdf5(older);
    expect(root.names).toEqual(["model_weights"]);
    expect(root.text("keras_version")).toBe("2.4.0");
    expect(root.text("nothing")).toBeNull();
    const weights = root.find("model_weights")!;
    expect(weights.names.sort()).toEqual(["dense", "dropout", "embedding", "gru", "gru_1", "input"]);
    expect(weights.find("gru")!.texts("weight_names")).toEqual([
      "gru/gru_cell/kernel:0",
      "gru/gru_cell/recurrent_kernel:0",
      "gru/gru_cell/bias:0",
    ]);
    expect(weights.find("dropout")!.texts("weight_names")).toEqual([]);
    expect(weights.find("nothing")).toBeNull();
    const kernel = root.dataset(KERNEL);
    expect(kernel).toMatchObject({ shape: [4, 15], storage: "f32" });
    expect(kernel.values).toHaveLength(60);
  });

  it("has arrays of half precision", () => {
    expect(parseHdf5(half).dataset(KERNEL)).toMatchObject({ shape: [4, 15], storage: "f16" });
  });

  it("may be in the newer layout", () => {
    const root = parseHdf5(newer);
    expect(root.find("model_weights")!.names.sort()).toEqual(["dense", "gru", "input"]);
    expect(root.text("keras_version")).toBe("3.3.3");
    expect(root.dataset("model_weights/gru/gru/gru_cell/bias").shape).toEqual([2, 15]);
  });

  it("may be a part of a larger buffer", () => {
    const larger = new Uint8Array(older.length + 3);
    larger.set(older, 3);
    expect(parseHdf5(larger.subarray(3)).dataset(KERNEL).values).toEqual(parseHdf5(older).dataset(KERNEL).values);
  });
});

type Lie = readonly [change: (file: Changed) => unknown, message: string | RegExp, code?: GruErrorCode];

/** The part of each lie that is read. */
const readAll = (bytes: Uint8Array) => {
  const root = parseHdf5(bytes);
  root.text("keras_version");
  root.text("model_config");
  root.find("model_weights")!.texts("layer_names");
  const layer = root.find("model_weights/gru")!;
  const [name] = layer.texts("weight_names")!;
  layer.dataset(name!);
};

/** A file to change. */
class Changed {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice();
    this.view = new DataView(this.bytes.buffer);
  }

  /** Where bytes are, written in hexadecimal; `..` is any. @param after another place */
  find(pattern: string, after = 0): number {
    for (let at = after; at < this.bytes.length; at++) if (this.has(pattern, at)) return at;
    throw new Error(`${pattern}: expected it in the file, got none`);
  }

  has(pattern: string, at: number): boolean {
    return pattern.split(" ").every((byte, i) => byte === ".." || Number.parseInt(byte, 16) === this.bytes[at + i]);
  }

  /** Where a text is. */
  text(text: string, after = 0): number {
    const bytes = [...new TextEncoder().encode(text)];
    return this.find(bytes.map((byte) => byte.toString(16)).join(" "), after);
  }

  uint64(at: number, value: number | bigint): void {
    this.view.setBigUint64(at, BigInt(value), true);
  }
}

// Messages of the older layout: type, size, flags, then what they say. Those of the array that is read come one after the
// other; its layout is the only one of 240 bytes.
const LAYOUT = "08 00 18 00 .. 00 00 00 03 01 .. .. .. .. .. .. .. .. f0 00";
const FILL_VALUE = "05 00 .. 00 .. 00 00 00 02";
const FLOAT_TYPE = "03 00 18 00 .. 00 00 00 11";
const SHAPE = "01 00 .. 00 .. 00 00 00 01 02";
const layoutOf = (file: Changed) => file.find(LAYOUT);
/** Where a message before it is. */
const messageOf = (file: Changed, pattern: string) => {
  for (let at = layoutOf(file); ; at -= 8) if (file.has(pattern, at)) return at;
};

const LIES: Record<string, Lie> = {
  "another superblock": [
    ({ bytes }) => (bytes[8] = 7),
    "hdf5: superblock: expected version 0 to 3, got 7",
    "unsupported",
  ],
  "addresses of 4 bytes": [
    ({ bytes }) => (bytes[13] = 4),
    "hdf5: superblock: expected addresses of 8 bytes, got 4 and 8",
    "unsupported",
  ],
  "a user block": [
    (file) => file.uint64(24, 512),
    "hdf5: superblock: files with a user block are not supported",
    "unsupported",
  ],
  "more bytes than there are": [
    (file) => file.uint64(40, 99999),
    `hdf5: expected the file's 99999 bytes, got ${older.length}: is it cut off?`,
  ],
  "a root outside": [
    (file) => file.uint64(64, 99999),
    `hdf5: expected an object header inside the file's ${older.length} bytes, got one to byte 100000`,
  ],
  "a root without an address": [
    (file) => file.uint64(64, 2n ** 64n - 1n),
    `hdf5: expected an object header inside the file's ${older.length} bytes, got one to no address`,
  ],
  "a header that is none": [
    ({ bytes }) => (bytes[96] = 0x58),
    /^hdf5: expected an object header at byte 96 to begin "OHDR", got "X/,
  ],
  "a message past its block": [
    ({ view }) => view.setUint16(96 + 16 + 2, 0xfff8, true),
    /^hdf5: expected a message inside its block, got one to byte 65648 of \d+$/,
  ],
  "a block outside": [
    ({ view }) => view.setUint32(96 + 8, 2 ** 30, true),
    /^hdf5: expected a block of an object header inside the file's \d+ bytes/,
  ],
  "blocks in a circle": [
    (file) => {
      file.view.setUint16(112, 0x10, true);
      file.uint64(120, 112);
      file.uint64(128, 24);
    },
    "hdf5: expected at most 256 blocks in a header, got more",
  ],
  "a heap that is none": [
    (file) => (file.bytes[file.text("HEAP")] = 0x58),
    /^hdf5: expected a local heap at byte \d+ to begin "HEAP", got "XEAP"$/,
  ],
  "a heap outside": [
    (file) => file.uint64(file.text("HEAP") + 24, 99999),
    /^hdf5: expected a local heap inside the file's \d+ bytes, got one to byte \d+$/,
  ],
  "a name outside its heap": [
    (file) => file.uint64(file.text("SNOD") + 8, 5000),
    "hdf5: expected a name of at most 1024 bytes in the local heap, got no end",
  ],
  "a tree that is none": [
    (file) => (file.bytes[file.text("TREE")] = 0x58),
    /^hdf5: expected a node of a group's tree at byte \d+ to begin "TREE", got "XREE"$/,
  ],
  "a tree in a circle": [
    (file) => file.uint64(file.text("TREE") + 32, file.text("TREE")),
    "hdf5: a node: expected at most 77488 reads in a file of 23904 bytes, got more: its structures overlap",
  ],
  "a node with more children than there is room for": [
    (file) => file.view.setUint16(file.text("TREE") + 6, 0xffff, true),
    /^hdf5: expected a node of a group's tree inside the file's \d+ bytes, got one to byte \d+$/,
  ],
  "a name twice": [
    (file) => {
      const node = file.text("TREE");
      file.view.setUint16(node + 6, 2, true);
      file.uint64(node + 48, file.view.getBigUint64(node + 32, true));
    },
    'hdf5: expected each name once in a group, got "model_weights" twice',
  ],
  "a list of too many texts": [
    (file) => file.uint64(file.text("layer_names") + 16 + 8 + 8, 8193),
    'hdf5: attribute "layer_names": expected at most 8192 texts, got 8193',
  ],
  "a list longer than the file": [
    (file) => {
      file.view.setUint32(file.text("layer_names") + 16 + 4, 2 ** 24, true);
    },
    /^hdf5: expected attribute "layer_names" inside the file's \d+ bytes, got one to byte \d+$/,
  ],
  "a text that is a number": [
    (file) => (file.bytes[file.text("layer_names") + 16] = 0x10),
    'hdf5: attribute "layer_names": expected text, got integer',
    "unsupported",
  ],
  "another attribute version": [
    (file) => (file.bytes[file.text("layer_names") - 8] = 9),
    "hdf5: attribute: expected version 1 to 3, got 9",
    "unsupported",
  ],
  "a heap of texts that is none": [
    (file) => (file.bytes[file.text("GCOL")] = 0x58),
    /^hdf5: expected a global heap at byte \d+ to begin "GCOL", got "XCOL"$/,
  ],
  "a text that its heap has not": [
    (file) => file.view.setUint16(file.text("GCOL") + 16, 77, true),
    /^hdf5: attribute "keras_version": expected object 1 in the global heap at byte \d+, got none$/,
  ],
  "a text longer than its place": [
    (file) => file.uint64(file.text("GCOL") + 16 + 8, 2),
    'hdf5: attribute "keras_version": expected 5 bytes in the heap, got 2',
  ],
  "numbers that are no floats": [
    (file) => (file.bytes[messageOf(file, FLOAT_TYPE) + 8] = 0x10),
    "hdf5: /model_weights/gru/gru/gru_cell/kernel:0: expected floats, got integer",
    "unsupported",
  ],
  "big-endian floats": [
    (file) => (file.bytes[messageOf(file, FLOAT_TYPE) + 9]! |= 1),
    "hdf5: datatype: expected little-endian floats of IEEE 754, got 4 bytes, 8 + 23 bits, big-endian",
    "unsupported",
  ],
  "floats of other bits": [
    (file) => (file.bytes[messageOf(file, FLOAT_TYPE) + 8 + 13] = 11),
    "hdf5: datatype: expected little-endian floats of IEEE 754, got 4 bytes, 11 + 23 bits",
    "unsupported",
  ],
  "data in chunks": [
    (file) => (file.bytes[layoutOf(file) + 9] = 2),
    "hdf5: /model_weights/gru/gru/gru_cell/kernel:0: expected contiguous data, as Keras writes it, got data in chunks",
    "unsupported",
  ],
  "another layout version": [
    (file) => (file.bytes[layoutOf(file) + 8] = 1),
    "hdf5: /model_weights/gru/gru/gru_cell/kernel:0: expected layout version 3 or 4, got 1",
    "unsupported",
  ],
  "data outside": [
    (file) => file.uint64(layoutOf(file) + 10, 99999),
    `hdf5: expected /model_weights/gru/gru/gru_cell/kernel:0 inside the file's ${older.length} bytes, got one to byte 100239`,
  ],
  "data that was never written": [
    (file) => file.uint64(layoutOf(file) + 10, 2n ** 64n - 1n),
    "hdf5: /model_weights/gru/gru/gru_cell/kernel:0: expected 240 bytes for [4, 15], got 0",
  ],
  "data of another size": [
    (file) => file.uint64(layoutOf(file) + 18, 236),
    "hdf5: /model_weights/gru/gru/gru_cell/kernel:0: expected 240 bytes for [4, 15], got 236",
  ],
  "data in another file": [
    (file) => file.view.setUint16(messageOf(file, FILL_VALUE), 7, true),
    "hdf5: /model_weights/gru/gru/gru_cell/kernel:0: expected its data in this file, got a reference to another file",
    "unsupported",
  ],
  "a shape in another object": [
    (file) => (file.bytes[messageOf(file, SHAPE) + 4] = 2),
    "hdf5: /model_weights/gru/gru/gru_cell/kernel:0: dataspace: expected it in the object's own header, got a shared one",
    "unsupported",
  ],
  "no shape": [
    (file) => file.view.setUint16(messageOf(file, FLOAT_TYPE), 0, true),
    "hdf5: /model_weights/gru/gru/gru_cell/kernel:0: datatype: expected a message in the object's header, got none",
  ],
  "another dataspace version": [
    (file) => (file.bytes[messageOf(file, SHAPE) + 8] = 5),
    "hdf5: dataspace: expected version 1 or 2, got 5",
    "unsupported",
  ],
  "too many axes": [
    (file) => (file.bytes[messageOf(file, SHAPE) + 9] = 9),
    "hdf5: dataspace: expected at most 8 axes, got 9",
    "unsupported",
  ],
};

describe("an HDF5 file, refused", () => {
  for (const [name, [change, message, code = "bad-file"]] of Object.entries(LIES)) {
    it(`for ${name}`, async () => {
      const file = new Changed(older);
      change(file);
      await expectRefusal(() => readAll(file.bytes), code, message);
    });
  }

  it("for bytes that are none", async () => {
    const message = "hdf5: expected a file that begins with \\x89HDF, got another";
    await expectRefusal(() => parseHdf5(new Uint8Array(64)), "bad-file", message);
  });

  it("for a member that is not there", async () => {
    const root = parseHdf5(older);
    const message = "hdf5: /model_weights/nothing: expected a dataset, got none";
    await expectRefusal(() => root.dataset("model_weights/nothing"), "bad-file", message);
  });

  it("for a dataset where a group is to be", async () => {
    const message = `hdf5: /${KERNEL}: expected a group, got a dataset`;
    await expectRefusal(() => parseHdf5(older).find(`${KERNEL}/inside`), "bad-file", message);
  });

  it("for a list where one text is to be", async () => {
    const weights = parseHdf5(older).find("model_weights")!;
    const message = 'hdf5: /model_weights: expected attribute "layer_names" to be one text, got a list';
    await expectRefusal(() => weights.text("layer_names"), "bad-file", message);
  });

  it("for asking for more than it has, by many names for the same bytes", async () => {
    const file = new FileBytes(new Uint8Array(10));
    file.take(0, 6, "first");
    file.take(6, 4, "second");
    const message = "hdf5: third: expected at most the file's 10 bytes of contents, got more: they overlap";
    await expectRefusal(() => file.take(0, 1, "third"), "bad-file", message);
  });
});

describe("an HDF5 file of the newer layout, refused", () => {
  const lies: Record<string, Lie> = {
    "another header version": [
      (file) => (file.bytes[file.text("OHDR") + 4] = 3),
      "hdf5: object header: expected version 1 or 2, got 3",
      "unsupported",
    ],
    "names in a fractal heap": [
      (file) => file.uint64(file.find("02 12 00 .. 00 00 ff ff ff ff") + 6, 48),
      'hdf5: group: expected its names in a symbol table or in its header, got a fractal heap; save with h5py\'s libver="earliest"',
      "unsupported",
    ],
    "attributes in a fractal heap": [
      (file) => {
        file.uint64(file.find("15 12 00 .. 00 00 ff ff ff ff") + 6, 48);
        file.bytes[file.text("keras_version")] = 0x58;
      },
      'hdf5: attribute "keras_version": expected it in the object\'s header, got attributes kept in a heap',
      "unsupported",
    ],
    "a continuation that is none": [
      (file) => (file.bytes[file.text("OCHK")] = 0x58),
      /^hdf5: expected a continuation at byte \d+ to begin "OCHK", got "XCHK"$/,
    ],
    "a name longer than names are": [
      (file) => {
        // A link's flags, the length of its name in one byte; then in two.
        const link = file.text("model_weights") - 3;
        file.bytes[link + 1]! |= 1;
      },
      /^hdf5: expected a name of at most 1024 bytes, got \d+$/,
    ],
    "a type of its own elsewhere": [
      (file) => (file.bytes[file.text("keras_version") - 8] = 1),
      'hdf5: attribute "keras_version": expected a datatype of its own, got a shared one',
      "unsupported",
    ],
  };
  for (const [name, [change, message, code = "bad-file"]] of Object.entries(lies)) {
    it(`for ${name}`, async () => {
      const file = new Changed(newer);
      change(file);
      await expectRefusal(() => readAll(file.bytes), code, message);
    });
  }
});
