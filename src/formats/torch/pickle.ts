// Python's pickles, as data: a stack machine whose opcodes are those that make numbers, strings, lists and dicts.
// Nothing is looked up or called but what the caller lists. https://github.com/python/cpython/blob/3.11/Lib/pickletools.py

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";

/** What a pickle may hold: a dict is a Map, a tuple and a list are arrays; objects are what `globals` and `load` gave. */
export type PickleValue = unknown;

/** What a pickle may name and call, and what stands for its persistent ids. */
export interface PickleRules {
  /** By `module.name`; a function is called with the list of arguments, anything else is a value. */
  readonly globals: ReadonlyMap<string, unknown>;
  /** What a persistent id stands for. */
  load(id: PickleValue): PickleValue;
  /** The way out for a pickle that names something else. */
  readonly wayOut: string;
}

/** A state_dict's is some hundred bytes for each tensor. */
const MAX_PICKLE_BYTES = 2 ** 24;
/** Of a whole number; PyTorch's magic number has ten. */
const MAX_INTEGER_BYTES = 64;

const MARK = Symbol("mark");

/**
 * Reads one pickle of protocol 2 to 5.
 *
 * @param start where it begins
 * @returns what it holds, and where it ends
 * @throws GruError `bad-file` for bytes that are no pickle, `unsupported` for what the rules do not list, by its name
 */
export function readPickle(bytes: Uint8Array, rules: PickleRules, start = 0): { value: PickleValue; end: number } {
  return new PickleMachine(bytes, rules, start).run();
}

/** One step of the machine for each opcode, by its character. */
const STEPS: Readonly<Record<string, (machine: PickleMachine) => void>> = {
  "\x80": (m) => m.protocol(m.uint(1)), // PROTO
  "\x95": (m) => void m.take(8), // FRAME
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
  "}": (m) => m.push(new Map()), // EMPTY_DICT
  "]": (m) => m.push([]), // EMPTY_LIST
  ")": (m) => m.push([]), // EMPTY_TUPLE
  t: (m) => m.push(m.popMarked()), // TUPLE
  l: (m) => m.push(m.popMarked()), // LIST
  "\x85": (m) => m.push(m.popLast(1)), // TUPLE1
  "\x86": (m) => m.push(m.popLast(2)), // TUPLE2
  "\x87": (m) => m.push(m.popLast(3)), // TUPLE3
  a: (m) => m.append([m.pop()]), // APPEND
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
};

class PickleMachine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #rules: PickleRules;
  readonly #stack: PickleValue[] = [];
  readonly #memo = new Map<number, PickleValue>();
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, rules: PickleRules, start: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#rules = rules;
    this.#at = start;
    this.#end = Math.min(bytes.length, start + MAX_PICKLE_BYTES);
  }

  run(): { value: PickleValue; end: number } {
    for (;;) {
      const opcode = String.fromCharCode(this.uint(1));
      if (opcode === ".") return { value: this.pop(), end: this.#at };
      if (!Object.hasOwn(STEPS, opcode)) {
        const code = opcode.charCodeAt(0).toString(16).padStart(2, "0");
        throw bad(`expected an opcode that a state_dict needs at byte ${this.#at - 1}, got 0x${code}`);
      }
      STEPS[opcode]!(this);
    }
  }

  protocol(version: number): void {
    if (version < 2 || version > 5) throw bad(`expected protocol 2 to 5, got ${version}`);
  }

  take(numBytes: number): Uint8Array {
    const start = this.#at;
    this.#advance(numBytes);
    return this.#bytes.subarray(start, this.#at);
  }

  #advance(numBytes: number): void {
    this.#at += numBytes;
    if (this.#at <= this.#end) return;
    const limit = this.#end < this.#bytes.length ? `, more than a state_dict's ${MAX_PICKLE_BYTES} bytes` : "";
    throw bad(`expected its end by byte ${this.#end}, got something that goes on to byte ${this.#at}${limit}`);
  }

  uint(numBytes: number): number {
    const start = this.#at;
    this.#advance(numBytes);
    let value = 0;
    for (let at = start + numBytes - 1; at >= start; at--) value = 256 * value + this.#bytes[at]!;
    return value;
  }

  /** A whole number of any sign, two's complement; a bigint where a number could not hold it. */
  integer(numBytes: number): number | bigint {
    if (numBytes > MAX_INTEGER_BYTES) {
      throw bad(`expected a whole number of at most ${MAX_INTEGER_BYTES} bytes, got one of ${numBytes}`);
    }
    const bits = this.take(numBytes).reduceRight((value, byte) => 256n * value + BigInt(byte), 0n);
    const value = BigInt.asIntN(8 * numBytes, bits);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  float(): number {
    const start = this.#at;
    this.take(8);
    return this.#view.getFloat64(start); // big-endian, unlike the rest
  }

  text(numBytes: number): string {
    return new TextDecoder().decode(this.take(numBytes));
  }

  line(): string {
    const end = this.#bytes.indexOf("\n".charCodeAt(0), this.#at);
    const line = this.text((end < 0 ? this.#end : end) - this.#at);
    this.take(1);
    return line;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length === 0) throw bad(`expected a value on the stack at byte ${this.#at - 1}, got none`);
    return this.#stack.pop();
  }

  top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  popLast(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  popMarked(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw bad(`expected a mark on the stack at byte ${this.#at - 1}, got none`);
    return this.#stack.splice(mark).slice(1);
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw bad(`expected a list to append to, got ${describe(list)}`);
    for (const item of items) list.push(item);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) {
      throw bad(`expected a dict and pairs for it, got ${describe(dict)} and ${items.length} values`);
    }
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  memoize(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): PickleValue {
    if (!this.#memo.has(index)) throw bad(`expected a value remembered under ${index}, got none`);
    return this.#memo.get(index);
  }

  named(...[module, name]: PickleValue[]): PickleValue {
    const { globals, wayOut } = this.#rules;
    const path = `${String(module)}.${String(name)}`;
    if (globals.has(path)) return globals.get(path);
    throw new GruError("unsupported", `pickle: expected a state_dict's tensors alone, got ${quote(path)}; ${wayOut}`);
  }

  loadPersistent(): void {
    this.push(this.#rules.load(this.pop()));
  }

  call(): void {
    const [callee, args] = this.popLast(2);
    if (typeof callee !== "function" || !Array.isArray(args)) {
      throw bad(`expected something to call, got ${describe(callee)}`);
    }
    this.push(callee(args));
  }

  /** Attributes of a dict, a state_dict's versions of its modules; nothing else that is allowed has any. */
  build(): void {
    this.pop();
    const target = this.top();
    if (!(target instanceof Map)) throw bad(`expected attributes for a dict, got them for ${describe(target)}`);
  }
}

function describe(value: PickleValue): string {
  if (value instanceof Map) return "a dict";
  if (value === MARK) return "a mark";
  return typeof value === "object" && value !== null ? "another object" : quote(value);
}

function bad(message: string): GruError {
  return new GruError("bad-file", `pickle: ${message}`);
}
