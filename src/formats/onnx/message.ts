// Protobuf messages, field by field: https://protobuf.dev/programming-guides/encoding/
// Nothing here recurses: how deep a file nests is fixed by the readers that call it.

import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { GruError } from "../../errors.js";

/** What reads the fields of a message, by field number; the others are skipped. */
export type FieldReaders = Readonly<Record<number, (field: Field) => void>>;

/**
 * Walks through a message's fields.
 *
 * @param subject what the message is, for errors
 * @throws GruError `bad-file` for bytes that are no protobuf, or hold a group, which ONNX does not use
 */
export function readMessage(bytes: Uint8Array, subject: string, readers: FieldReaders): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = attempt(subject, () => reader.tag());
    if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) {
      throw new GruError("bad-file", `${subject}: expected no groups, got one as field ${number}`);
    }
    const read = readers[number];
    const start = reader.pos;
    read?.(new Field(reader, number, wireType, subject));
    // Also what a reader left alone: each field has a byte at least.
    if (reader.pos === start) attempt(subject, () => reader.skip(wireType));
  }
}

/** One field, to be read in the way of its type. */
export class Field {
  readonly #reader: BinaryReader;
  readonly #number: number;
  readonly #wireType: WireType;
  readonly #subject: string;

  constructor(reader: BinaryReader, number: number, wireType: WireType, subject: string) {
    this.#reader = reader;
    this.#number = number;
    this.#wireType = wireType;
    this.#subject = subject;
  }

  /** An integer. Those beyond 2^53 lose their last digits: ONNX means infinity by them. */
  int(): number {
    return this.#read(WireType.Varint, (reader) => Number(reader.int64()));
  }

  float(): number {
    return this.#read(WireType.Bit32, (reader) => reader.float());
  }

  string(): string {
    return this.#read(WireType.LengthDelimited, (reader) => reader.string());
  }

  /** A view of the file's bytes. */
  bytes(): Uint8Array {
    return this.#read(WireType.LengthDelimited, (reader) => reader.bytes());
  }

  /** Appends integers, whether packed or one to a field. A byte may be one: `most` bounds what they become. */
  ints(into: number[], most: number): void {
    this.#repeated(WireType.Varint, into, (reader) => Number(reader.int64()), most);
  }

  floats(into: number[], most = Infinity): void {
    this.#repeated(WireType.Bit32, into, (reader) => reader.float(), most);
  }

  doubles(into: number[]): void {
    this.#repeated(WireType.Bit64, into, (reader) => reader.double(), Infinity);
  }

  #repeated(wireType: WireType, into: number[], read: (reader: BinaryReader) => number, most: number): void {
    if (this.#wireType !== WireType.LengthDelimited) into.push(this.#read(wireType, read));
    else {
      const packed = new BinaryReader(this.bytes());
      attempt(this.#subject, () => {
        while (packed.pos < packed.len && into.length <= most) into.push(read(packed));
      });
    }
    if (into.length <= most) return;
    throw new GruError("bad-file", `${this.#subject}: expected at most ${most} numbers in a list, got more`);
  }

  #read<T>(wireType: WireType, read: (reader: BinaryReader) => T): T {
    if (this.#wireType !== wireType) {
      const got = `wire type ${this.#wireType} as field ${this.#number}`;
      throw new GruError("bad-file", `${this.#subject}: expected wire type ${wireType}, got ${got}`);
    }
    return attempt(this.#subject, () => read(this.#reader));
  }
}

function attempt<T>(subject: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new GruError("bad-file", `${subject}: expected a protobuf message, got ${String(cause)}`, { cause });
  }
}
