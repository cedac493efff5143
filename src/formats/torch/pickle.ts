// Python's pickles, read as data: a stack machine with the opcodes for numbers, strings, lists and dicts. Only names that the
// caller lists are looked up and called; for objects of other classes there are stand-ins, which do nothing.
// https://github.com/python/cpython/blob/3.11/Lib/pickletools.py

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { ForeignObject } from "./foreignObject.js";

/**
 * A value of a pickle: a dict is a Map, a tuple, list or set an array, bytes a Uint8Array. `globals` and `load` make other
 * objects; a `ForeignObject` stands for what they do not know.
 */
export type PickleValue = unknown;

/** The names that a pickle may use, and the meaning of its persistent ids. */
export interface PickleRules {
  /** By `module.name`. A function is called with the list of arguments; anything else is a value. */
  readonly globals: ReadonlyMap<string, unknown>;
  /** The object of a persistent id. */
  load(id: PickleValue): PickleValue;
  /** The error for a pickle that cannot be read, after it used a name that is not listed. @param path the first such name */
  refuse(path: string): GruError;
}

/** The contents of a pickle. */
export interface Unpickled {
  readonly value: PickleValue;
  /** The offset after its last byte. */
  readonly end: number;
  /** `module.name` of the first class or function that the rules do not list; null where they list all. */
  readonly firstForeign: string | null;
}

/** A state_dict has some hundred bytes for each tensor. */
const MAX_PICKLE_BYTES = 2 ** 24;
/** Bytes of a whole number; PyTorch's magic number has ten. */
const MAX_INTEGER_BYTES = 64;

/**
 * Memory that all values of a pickle may take, beyond the size of the file: one byte of a pickle can make a Map of 300 bytes. A
 * state_dict of 4096 tensors takes 8 MB, a vocabulary of 100,000 words 18.
 */
const MAX_VALUE_BYTES = 2 ** 24;

/** Bytes of values in V8, with the garbage of growing. */
const SLOT_BYTES = 16; // an element of the stack or of a list, a boxed number
const OBJECT_BYTES = 64; // a list, a string, an object of ours
const ENTRY_BYTES = 64; // an entry of a Map
const MAP_BYTES = 300;

/** Indices of the memo that a pickle may skip at once. Python counts from 0 or from 1. */
const MAX_MEMO_GAP = 256;

const MARK = Symbol("mark");
const STOP = ".".charCodeAt(0);
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads one pickle of protocol 2 to 5.
 *
 * @param start offset of its first byte
 * @param fileBytes size of the file that it is in
 * @throws GruError `bad-file` for bytes that are no pickle or take too much memory; the error of `rules.refuse` where another
 *   program's classes may be the reason
 */
export function readPickle(bytes: Uint8Array, rules: PickleRules, start = 0, fileBytes = bytes.length): Unpickled {
  return new PickleMachine(bytes, rules, start, MAX_VALUE_BYTES + fileBytes).run();
}

/** One step of the machine for each opcode, by its character. */
const STEPS: ReadonlyMap<number, (machine: PickleMachine) => void> = new Map(
  Object.entries<(machine: PickleMachine) => void>({
    "\x80": (m) => m.protocol(m.uint(1)), // PROTO
    "\x95": (m) => m.skip(8), // FRAME
    "(": (m) => m.push(MARK), // MARK
    "0": (m) => void m.pop(), // POP
    "1": (m) => void m.popMarked(), // POP_MARK
    "2": (m) => m.push(m.top()), // DUP
    N: (m) => m.push(null), // NONE
    "\x88": (m) => m.push(true), // NEWTRUE
    "\x89": (m) => m.push(false), // NEWFALSE
    J: (m) => m.push(m.uint(4) | 0), // BININT
    K: (m) => m.push(m.uint(1)), // BININT1
    M: (m) => m.push(m.uint(2)), // BININT2
    "\x8a": (m) => m.push(m.integer(m.uint(1))), // LONG1
    "\x8b": (m) => m.push(m.integer(m.uint(4))), // LONG4
    G: (m) => m.push(m.float()), // BINFLOAT
    X: (m) => m.push(m.text(m.uint(4))), // BINUNICODE
    "\x8c": (m) => m.push(m.text(m.uint(1))), // SHORT_BINUNICODE
    "\x8d": (m) => m.push(m.text(m.uint(8))), // BINUNICODE8
    T: (m) => m.push(m.text(m.uint(4))), // BINSTRING, from Python 2
    U: (m) => m.push(m.text(m.uint(1))), // SHORT_BINSTRING
    "}": (m) => m.push(m.dict()), // EMPTY_DICT
    "]": (m) => m.push(m.list([])), // EMPTY_LIST
    ")": (m) => m.push(m.list([])), // EMPTY_TUPLE
    t: (m) => m.push(m.list(m.popMarked())), // TUPLE
    l: (m) => m.push(m.list(m.popMarked())), // LIST
    "\x85": (m) => m.push(m.list(m.popLast(1))), // TUPLE1
    "\x86": (m) => m.push(m.list(m.popLast(2))), // TUPLE2
    "\x87": (m) => m.push(m.list(m.popLast(3))), // TUPLE3
    a: (m) => m.append(m.popLast(1)), // APPEND
    e: (m) => m.append(m.popMarked()), // APPENDS
    s: (m) => m.setItems(m.popLast(2)), // SETITEM
    u: (m) => m.setItems(m.popMarked()), // SETITEMS
    q: (m) => m.memoize(m.uint(1)), // BINPUT
    r: (m) => m.memoize(m.uint(4)), // LONG_BINPUT
    "\x94": (m) => m.memoize(), // MEMOIZE
    h: (m) => m.push(m.recall(m.uint(1))), // BINGET
    j: (m) => m.push(m.recall(m.uint(4))), // LONG_BINGET
    c: (m) => m.push(m.named(m.line(), m.line())), // GLOBAL
    "\x93": (m) => m.push(m.named(...m.popLast(2))), // STACK_GLOBAL
    Q: (m) => m.loadPersistent(), // BINPERSID
    R: (m) => m.call(), // REDUCE
    b: (m) => m.build(), // BUILD
    "\x81": (m) => m.create(m.popLast(2)), // NEWOBJ
    "\x92": (m) => m.create(m.popLast(3)), // NEWOBJ_EX
    "\x8f": (m) => m.push(m.list([])), // EMPTY_SET
    "\x90": (m) => m.append(m.popMarked()), // ADDITEMS
    "\x91": (m) => m.push(m.list(m.popMarked())), // FROZENSET
    B: (m) => m.push(m.bytes(m.uint(4))), // BINBYTES
    C: (m) => m.push(m.bytes(m.uint(1))), // SHORT_BINBYTES
    "\x8e": (m) => m.push(m.bytes(m.uint(8))), // BINBYTES8
    "\x96": (m) => m.push(m.bytes(m.uint(8))), // BYTEARRAY8
  }).map(([opcode, step]) => [opcode.charCodeAt(0), step]),
);

class PickleMachine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #rules: PickleRules;
  readonly #stack: PickleValue[] = [];
  /** Memoized values by index; undefined for skipped ones. */
  readonly #memo: PickleValue[] = [];
  readonly #end: number;
  /** Limit of `#valueBytes`. */
  readonly #maxValueBytes: number;
  #at: number;
  #valueBytes = 0;
  /** The first name that the rules do not list. */
  #firstForeign: string | null = null;

  constructor(bytes: Uint8Array, rules: PickleRules, start: number, maxValueBytes: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#rules = rules;
    this.#at = start;
    this.#end = Math.min(bytes.length, start + MAX_PICKLE_BYTES);
    this.#maxValueBytes = maxValueBytes;
  }

  run(): Unpickled {
    try {
      return { value: this.#run(), end: this.#at, firstForeign: this.#firstForeign };
    } catch (error) {
      // joblib puts arrays between the opcodes, which cannot be read; the names before them say more than the error.
      if (this.#firstForeign === null || !(error instanceof BadPickle)) throw error;
      throw this.#rules.refuse(this.#firstForeign);
    }
  }

  #run(): PickleValue {
    for (;;) {
      const opcode = this.uint(1);
      if (opcode === STOP) return this.pop();
      const step = STEPS.get(opcode);
      if (step === undefined) {
        const code = opcode.toString(16).padStart(2, "0");
        throw bad(`expected an opcode that a state_dict needs at byte ${this.#at - 1}, got 0x${code}`);
      }
      step(this);
    }
  }

  protocol(version: number): void {
    if (version < 2 || version > 5) throw bad(`expected protocol 2 to 5, got ${version}`);
  }

  /** @throws GruError `bad-file` when the values would take too much memory */
  #spend(numBytes: number): void {
    this.#valueBytes += numBytes;
    if (this.#valueBytes <= this.#maxValueBytes) return;
    const expected = `values that take at most ${this.#maxValueBytes} bytes of memory`;
    throw bad(`expected ${expected}, got more by byte ${this.#at}`);
  }

  skip(numBytes: number): void {
    this.#at += numBytes;
    if (this.#at <= this.#end) return;
    const limit = this.#end < this.#bytes.length ? `, more than a state_dict's ${MAX_PICKLE_BYTES} bytes` : "";
    throw bad(`expected its end by byte ${this.#end}, got a value that ends at byte ${this.#at}${limit}`);
  }

  uint(numBytes: number): number {
    const start = this.#at;
    this.skip(numBytes);
    let value = 0;
    for (let at = start + numBytes - 1; at >= start; at--) value = 256 * value + this.#bytes[at]!;
    return value;
  }

  /** A signed whole number, two's complement; a bigint if it is not safe as a number. */
  integer(numBytes: number): number | bigint {
    if (numBytes > MAX_INTEGER_BYTES) {
      throw bad(`expected a whole number of at most ${MAX_INTEGER_BYTES} bytes, got one of ${numBytes}`);
    }
    const start = this.#at;
    this.skip(numBytes);
    this.#spend(OBJECT_BYTES + numBytes);
    let bits = 0n;
    for (let at = start + numBytes; at > start;) {
      const size = at - start >= 8 ? 8 : 1; // words of 8 bytes, then single bytes
      at -= size;
      bits = (bits << BigInt(8 * size)) | (size === 8 ? this.#view.getBigUint64(at, true) : BigInt(this.#bytes[at]!));
    }
    const value = BigInt.asIntN(8 * numBytes, bits);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  float(): number {
    this.#spend(SLOT_BYTES);
    const start = this.#at;
    this.skip(8);
    return this.#view.getFloat64(start); // big-endian, unlike the rest
  }

  text(numBytes: number): string {
    const start = this.#at;
    this.skip(numBytes);
    this.#spend(OBJECT_BYTES + numBytes);
    return DECODER.decode(this.#bytes.subarray(start, this.#at));
  }

  line(): string {
    const end = this.#bytes.indexOf("\n".charCodeAt(0), this.#at);
    const line = this.text((end < 0 ? this.#end : end) - this.#at);
    this.skip(1);
    return line;
  }

  list(items: PickleValue[]): PickleValue[] {
    this.#spend(OBJECT_BYTES + SLOT_BYTES * items.length);
    return items;
  }

  dict(): Map<PickleValue, PickleValue> {
    this.#spend(MAP_BYTES);
    return new Map();
  }

  push(value: PickleValue): void {
    this.#spend(SLOT_BYTES);
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  top(): PickleValue {
    if (this.#stack.length === 0) throw bad(`expected a value on the stack at byte ${this.#at - 1}, got none`);
    return this.#stack.at(-1);
  }

  popLast(count: number): PickleValue[] {
    const { length } = this.#stack;
    if (length < count) throw bad(`expected ${count} values on the stack at byte ${this.#at - 1}, got ${length}`);
    const items = this.#stack.slice(length - count);
    this.#stack.length = length - count;
    return items;
  }

  popMarked(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw bad(`expected a mark on the stack at byte ${this.#at - 1}, got none`);
    const items = this.#stack.slice(mark + 1);
    this.#stack.length = mark;
    return items;
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (list instanceof ForeignObject) return;
    if (!Array.isArray(list)) throw bad(`expected a list to append to, got ${describe(list)}`);
    this.#spend(SLOT_BYTES * items.length);
    for (const item of items) list.push(item);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (dict instanceof ForeignObject) return;
    if (!(dict instanceof Map) || items.length % 2 !== 0) {
      throw bad(`expected a dict and pairs for it, got ${describe(dict)} and ${items.length} values`);
    }
    this.#spend((ENTRY_BYTES / 2) * items.length);
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  memoize(index = this.#memo.length): void {
    const gap = index - this.#memo.length;
    if (gap > MAX_MEMO_GAP) throw bad(`expected memoized values one after the other, got index ${index}`);
    this.#spend(SLOT_BYTES * Math.max(1, gap));
    this.#memo[index] = this.top();
  }

  recall(index: number): PickleValue {
    const value = this.#memo[index];
    if (value === undefined) throw bad(`expected a memoized value at index ${index}, got none`);
    return value;
  }

  named(...[module, name]: PickleValue[]): PickleValue {
    if (typeof module !== "string" || typeof name !== "string") {
      throw bad(`expected a module and a name at byte ${this.#at - 1}, got ${describe(module)} and ${describe(name)}`);
    }
    const path = `${module}.${name}`;
    return this.#rules.globals.has(path) ? this.#rules.globals.get(path) : this.foreign(path);
  }

  foreign(path: string): ForeignObject {
    this.#spend(OBJECT_BYTES);
    this.#firstForeign ??= path;
    return new ForeignObject(path);
  }

  /** A view of the file. */
  bytes(numBytes: number): Uint8Array {
    const start = this.#at;
    this.skip(numBytes);
    this.#spend(OBJECT_BYTES);
    return this.#bytes.subarray(start, this.#at);
  }

  loadPersistent(): void {
    this.#spend(OBJECT_BYTES);
    this.push(this.#rules.load(this.pop()));
  }

  call(): void {
    const [callee, args] = this.popLast(2);
    if (callee instanceof ForeignObject) return this.create([callee]);
    if (typeof callee !== "function" || !Array.isArray(args)) {
      throw bad(`expected a function to call, got ${describe(callee)}`);
    }
    // A call may copy its argument, as a dict of a list of pairs does, and one list can be the argument of many calls.
    const [first] = args as PickleValue[];
    const size = Array.isArray(first) || typeof first === "string" ? first.length : 0;
    this.#spend(MAP_BYTES + ENTRY_BYTES * size);
    this.push(callee(args));
  }

  /** A stand-in for an object of a class that the rules do not list; listed names are functions, and make objects by calls. */
  create([type]: readonly PickleValue[]): void {
    if (!(type instanceof ForeignObject)) throw bad(`expected a class to make an object of, got ${describe(type)}`);
    this.push(this.foreign(type.path));
  }

  /** Ignores the attributes of a dict: a state_dict has the versions of its modules. Other listed objects have no attributes. */
  build(): void {
    const attributes = this.pop();
    const target = this.top();
    if (target instanceof ForeignObject) {
      if (attributes instanceof Map) target.attributes = attributes;
      else target.state = attributes;
    } else if (!(target instanceof Map)) {
      throw bad(`expected attributes for a dict, got them for ${describe(target)}`);
    }
  }
}

function describe(value: PickleValue): string {
  if (value instanceof Map) return "a dict";
  if (value === MARK) return "a mark";
  return typeof value === "object" && value !== null ? "another object" : quote(value);
}

/** An error of this file, not of a listed function. */
class BadPickle extends GruError {}

function bad(message: string): GruError {
  return new BadPickle("bad-file", `pickle: ${message}`);
}
