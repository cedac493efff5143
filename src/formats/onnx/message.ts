// Protobuf messages, field by field: https://protobuf.dev/programming-guides/encoding/
// Nothing here recurses: the readers that call it fix the depth of nesting.

import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { GruError } from "../../errors.js";

/** Readers of a message's fields, by field number; other fields are skipped. */
export type FieldReaders = Readonly<Record<number, (field: Field) => void>>;

/**
 * Reads a message's fields in order.
 *
 * @param subject name of the message, for errors
 * @throws GruError `bad-file` for bytes that are no protobuf, or have a group, which ONNX does not use
 */
export function readMessage(bytes: Uint8Array, subject: string, readers: FieldReaders): void {
  const field = new Field(bytes, subject);
  for (let number = field.next(); number !== null; number = field.next()) readers[number]?.(field);
}

type Read<T> = (reader: BinaryReader, bytes: Uint8Array) => T;

const readInt = (reader: BinaryReader, bytes: Uint8Array) => {
  if (!(bytes[reader.pos]! < 0x80)) return Number(reader.int64());
  return bytes[reader.pos++]!; // most integers have one byte, and need no BigInt
};
const readFloat = (reader: BinaryReader) => reader.float();
const readDouble = (reader: BinaryReader) => reader.double();
const readString = (reader: BinaryReader) => reader.string();
const readBytes = (reader: BinaryReader) => reader.bytes();

/** The current field of a message, to be read by its type. One object serves for all fields, since a graph has many. */
class Field {
  readonly #bytes: Uint8Array;
  readonly #reader: BinaryReader;
  readonly #subject: string;
  #number = 0;
  #wireType = WireType.Varint;
  /** Offset of the field's contents. */
  #start = 0;

  constructor(bytes: Uint8Array, subject: string) {
    this.#bytes = bytes;
    this.#reader = new BinaryReader(bytes);
    this.#subject = subject;
  }

  /** Moves to the next field, also if this one was not read. @returns its number; null at the end */
  next(): number | null {
    const reader = this.#reader;
    try {
      // A field has at least one byte, so an unchanged position means that it was not read.
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

  /** An integer, rounded above 2^53: such a number stands for infinity in ONNX. */
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

  /** Appends integers, packed or one for each field. An integer may have one byte: `most` limits the list's memory. */
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
