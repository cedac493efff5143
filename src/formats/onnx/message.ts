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
  const field = new Field(bytes, subject);
  for (let number = field.next(); number !== null; number = field.next()) readers[number]?.(field);
}

type Read<T> = (reader: BinaryReader, bytes: Uint8Array) => T;

const readInt = (reader: BinaryReader, bytes: Uint8Array) => {
  if (!(bytes[reader.pos]! < 0x80)) return Number(reader.int64());
  return bytes[reader.pos++]!; // most are small, and need no BigInt
};
const readFloat = (reader: BinaryReader) => reader.float();
const readDouble = (reader: BinaryReader) => reader.double();
const readString = (reader: BinaryReader) => reader.string();
const readBytes = (reader: BinaryReader) => reader.bytes();

/** The field that a message is at, to be read in the way of its type. One object for all fields: a graph has many. */
export class Field {
  readonly #bytes: Uint8Array;
  readonly #reader: BinaryReader;
  readonly #subject: string;
  #number = 0;
  #wireType = WireType.Varint;
  /** Where the field's contents begin. */
  #start = 0;

  constructor(bytes: Uint8Array, subject: string) {
    this.#bytes = bytes;
    this.#reader = new BinaryReader(bytes);
    this.#subject = subject;
  }

  /** Goes on to the next field, also past one that was not read. @returns its number; null at the end */
  next(): number | null {
    const reader = this.#reader;
    try {
      // Each field has a byte at least.
      if (this.#number > 0 && reader.pos === this.#start) reader.skip(this.#wireType);
      if (reader.pos >= reader.len) return null;
      [this.#number, this.#wireType] = reader.tag();
    } catch (cause) {
      throw this.#damaged(cause);
    }
    if (this.#wireType === WireType.StartGroup || this.#wireType === WireType.EndGroup) {
      throw new GruError("bad-file", `${this.#subject}: expected no groups, got one as field ${this.#number}`);
    }
    this.#start = reader.pos;
    return this.#number;
  }

  /** An integer. Those beyond 2^53 lose their last digits: ONNX means infinity by them. */
  int(): number {
    return this.#read(WireType.Varint, readInt);
  }

  float(): number {
    return this.#read(WireType.Bit32, readFloat);
  }

  string(): string {
    return this.#read(WireType.LengthDelimited, readString);
  }

  /** A view of the file's bytes. */
  bytes(): Uint8Array {
    return this.#read(WireType.LengthDelimited, readBytes);
  }

  /** Appends integers, whether packed or one to a field. A byte may be one: `most` bounds what they become. */
  ints(into: number[], most: number): void {
    this.#repeated(WireType.Varint, into, readInt, most);
  }

  floats(into: number[], most = Infinity): void {
    this.#repeated(WireType.Bit32, into, readFloat, most);
  }

  doubles(into: number[]): void {
    this.#repeated(WireType.Bit64, into, readDouble, Infinity);
  }

  #repeated(wireType: WireType, into: number[], read: Read<number>, most: number): void {
    if (this.#wireType !== WireType.LengthDelimited) into.push(this.#read(wireType, read));
    else {
      const bytes = this.bytes();
      const packed = new BinaryReader(bytes);
      try {
        while (packed.pos < packed.len && into.length <= most) into.push(read(packed, bytes));
      } catch (cause) {
        throw this.#damaged(cause);
      }
    }
    if (into.length <= most) return;
    throw new GruError("bad-file", `${this.#subject}: expected at most ${most} numbers in a list, got more`);
  }

  #read<T>(wireType: WireType, read: Read<T>): T {
    if (this.#wireType !== wireType) {
      const got = `wire type ${this.#wireType} as field ${this.#number}`;
      throw new GruError("bad-file", `${this.#subject}: expected wire type ${wireType}, got ${got}`);
    }
    try {
      return read(this.#reader, this.#bytes);
    } catch (cause) {
      throw this.#damaged(cause);
    }
  }

  #damaged(cause: unknown): GruError {
    return new GruError("bad-file", `${this.#subject}: expected a protobuf message, got ${String(cause)}`, { cause });
  }
}
