import { badHdf5, type FileBytes, type HeapObject, unsupportedHdf5 } from "./fileBytes.js";
import { numElements } from "../tensor.js";
import { type DataType, readDataSpace, readDataType } from "./dataType.js";
import { MESSAGE, type Message } from "./objectHeader.js";

/** Limit of a list: the names of a group's layers, or of a layer's weights. Keras splits longer lists. */
const MAX_TEXTS = 8192;
/** Limit of objects in a global heap, which has 4096 bytes, or one larger object. */
const MAX_HEAP_OBJECTS = 1024;

/** The attributes of an object that are texts, by name. */
export class Attributes {
  readonly #file: FileBytes;
  readonly #heads = new Map<string, Attribute>();
  readonly #areInHeap: boolean;

  /** @param messages of the object's header @throws GruError `bad-file`, `unsupported` */
  constructor(file: FileBytes, messages: readonly Message[]) {
    this.#file = file;
    for (const { type, start } of messages) {
      if (type !== MESSAGE.attribute) continue;
      const head = readHead(file, start);
      if (!this.#heads.has(head.name)) this.#heads.set(head.name, head);
    }
    this.#areInHeap = messages.some(
      ({ type, start, end }) => type === MESSAGE.attributeInfo && hasHeap(file, start, end),
    );
  }

  has(name: string): boolean {
    return this.#heads.has(name);
  }

  /**
   * An attribute's text, or the texts of a list; null when there is none of that name.
   *
   * @throws GruError `bad-file`, `unsupported` for an attribute that is no text, or in a fractal heap
   */
  read(name: string): string | string[] | null {
    const head = this.#heads.get(name);
    if (head !== undefined) return readValue(this.#file, head);
    if (!this.#areInHeap) return null;
    throw unsupportedHdf5(`attribute "${name}": expected it in the object's header, got attributes kept in a heap`);
  }
}

interface Attribute {
  readonly name: string;
  readonly typeAt: number;
  readonly spaceAt: number;
  readonly dataAt: number;
  readonly isShared: boolean;
}

function readHead(file: FileBytes, at: number): Attribute {
  const version = file.uint8(at, "an attribute");
  if (version < 1 || version > 3) throw unsupportedHdf5(`attribute: expected version 1 to 3, got ${version}`);
  const sizes = [2, 4, 6].map((field) => file.uint16(at + field, "an attribute")) as [number, number, number];
  const padded = (size: number) => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const nameAt = at + (version === 3 ? 9 : 8);
  const typeAt = nameAt + padded(sizes[0]);
  const spaceAt = typeAt + padded(sizes[1]);
  const name = file.text(nameAt, sizes[0], "an attribute's name").replace(/\0.*$/s, "");
  const isShared = version > 1 && file.uint8(at + 1, "an attribute") !== 0;
  return { name, typeAt, spaceAt, dataAt: spaceAt + padded(sizes[2]), isShared };
}

function readValue(file: FileBytes, { name, typeAt, spaceAt, dataAt, isShared }: Attribute): string | string[] {
  if (isShared) throw unsupportedHdf5(`attribute "${name}": expected a datatype of its own, got a shared one`);
  const shape = readDataSpace(file, spaceAt);
  const count = numElements(shape);
  if (count === 0) return []; // before the check of the type: h5py writes an empty list as floats
  if (count > MAX_TEXTS) throw badHdf5(`attribute "${name}": expected at most ${MAX_TEXTS} texts, got ${count}`);
  const type = readDataType(file, typeAt);
  const what = `attribute "${name}"`;
  file.check(dataAt, count * type.sizeBytes, what);
  const texts = Array.from({ length: count }, (_, i) => readText(file, type, dataAt + i * type.sizeBytes, what));
  return shape.length === 0 ? texts[0]! : texts;
}

function readText(file: FileBytes, type: DataType, at: number, what: string): string {
  switch (type.kind) {
    case "text":
      return new TextDecoder().decode(file.take(at, type.sizeBytes, what)).replace(/\0.*$/s, "");
    case "heap text":
      return readHeapText(file, at, what);
    default:
      throw unsupportedHdf5(`${what}: expected text, got ${type.kind === "float" ? "floats" : type.name}`);
  }
}

/** @param at offset of the length, the heap's address, and the object's index in it */
function readHeapText(file: FileBytes, at: number, what: string): string {
  const length = file.uint32(at, what);
  const address = file.uint64(at + 4, what);
  const index = file.uint32(at + 12, what);
  if (length === 0) return "";
  let heap = file.heaps.get(address);
  if (heap === undefined) file.heaps.set(address, (heap = readHeap(file, address)));
  const object = heap.get(index);
  if (object === undefined) {
    throw badHdf5(`${what}: expected object ${index} in the global heap at byte ${address}, got none`);
  }
  if (length > object.size) throw badHdf5(`${what}: expected ${length} bytes in the heap, got ${object.size}`);
  return new TextDecoder().decode(file.take(object.start, length, what));
}

/** The objects of a global heap by their indices. */
function readHeap(file: FileBytes, address: number): Map<number, HeapObject> {
  file.expectSignature(address, "GCOL", "a global heap");
  const end = address + file.uint64(address + 8, "a global heap");
  const objects = new Map<number, HeapObject>();
  let object = address + 16;
  for (let i = 0; i < MAX_HEAP_OBJECTS && object + 16 <= end; i++) {
    const [id, size] = [file.uint16(object, "a global heap"), file.uint64(object + 8, "a global heap")];
    if (id === 0) break;
    if (!objects.has(id)) objects.set(id, { start: object + 16, size });
    object += 16 + Math.ceil(size / 8) * 8;
  }
  return objects;
}

function hasHeap(file: FileBytes, start: number, end: number): boolean {
  const at = start + 2 + (file.uint8(start + 1, "attribute information") & 1 ? 2 : 0);
  return at + 8 <= end && file.uint64(at, "attribute information") < file.length;
}
