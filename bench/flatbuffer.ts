/** The parts of the package flatbuffers that are used. */
export interface FlatBuilder {
  startObject(numFields: number): void;
  addFieldInt8(field: number, value: number, fallback: number): void;
  addFieldInt32(field: number, value: number, fallback: number): void;
  addFieldOffset(field: number, value: number, fallback: number): void;
  endObject(): number;
  startVector(elementBytes: number, numElements: number, alignment: number): void;
  addInt8(value: number): void;
  addInt32(value: number): void;
  addOffset(value: number): void;
  endVector(): number;
  createString(text: string): number;
  finish(root: number, identifier: string): void;
  asUint8Array(): Uint8Array;
}

/** A field of a table: a number, or the offset of what was written before. */
export type Field = { readonly int8: number } | { readonly int32: number } | { readonly offset: number };

/** Writes a table; a field that is null keeps its default. */
export function writeTable(builder: FlatBuilder, fields: readonly (Field | null)[]): number {
  builder.startObject(fields.length);
  fields.forEach((field, i) => {
    if (field === null) return;
    if ("int8" in field) builder.addFieldInt8(i, field.int8, 0);
    else if ("int32" in field) builder.addFieldInt32(i, field.int32, 0);
    else builder.addFieldOffset(i, field.offset, 0);
  });
  return builder.endObject();
}

/** Vectors are written from their end. */
export function writeInts(builder: FlatBuilder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of [...values].reverse()) builder.addInt32(value);
  return builder.endVector();
}

export function writeOffsets(builder: FlatBuilder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4);
  for (const offset of [...offsets].reverse()) builder.addOffset(offset);
  return builder.endVector();
}

/** @param alignment of the first byte */
export function writeBytes(builder: FlatBuilder, bytes: Uint8Array, alignment: number): number {
  builder.startVector(1, bytes.length, alignment);
  for (let i = bytes.length - 1; i >= 0; i--) builder.addInt8(bytes[i]!);
  return builder.endVector();
}
