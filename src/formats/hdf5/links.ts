import { badHdf5, type FileBytes, unsupportedHdf5 } from "./fileBytes.js";
import { MESSAGE, type Message } from "./objectHeader.js";

/** Limits of a group. By default, a node of its tree has up to 32 children, and a leaf 8 names. */
const MAX_NODES = 4096;
const MAX_LINKS = 8192;

/**
 * The addresses of a group's members, by name. Soft links and links to another file are left out: Keras writes none.
 *
 * @throws GruError `bad-file` for a malformed tree, `unsupported` for a group whose names are in a fractal heap
 */
export function readLinks(file: FileBytes, messages: readonly Message[]): Map<string, number> {
  const links = new Map<string, number>();
  const add = (name: string, address: number) => {
    if (links.has(name)) throw badHdf5(`expected each name once in a group, got "${name}" twice`);
    if (links.size >= MAX_LINKS) throw badHdf5(`expected at most ${MAX_LINKS} names in a group, got more`);
    links.set(name, address);
  };
  for (const { type, start } of messages) {
    if (type === MESSAGE.symbolTable) readSymbolTable(file, start, add);
    if (type === MESSAGE.link) readLink(file, start, add);
    if (type === MESSAGE.linkInfo) refuseHeap(file, start);
  }
  return links;
}

type Add = (name: string, address: number) => void;

function readSymbolTable(file: FileBytes, at: number, add: Add): void {
  const heap = file.uint64(at + 8, "a symbol table");
  file.expectSignature(heap, "HEAP", "a local heap");
  const size = file.uint64(heap + 8, "a local heap");
  const start = file.uint64(heap + 24, "a local heap");
  file.check(start, size, "a local heap");
  const nodes = [file.uint64(at, "a symbol table")];
  for (const node of nodes) {
    if (nodes.length > MAX_NODES) throw badHdf5(`expected at most ${MAX_NODES} nodes in a group's tree, got more`);
    if (file.text(node, 4, "a node") === "SNOD") readSymbols(file, node, { start, end: start + size }, add);
    else nodes.push(...readChildren(file, node));
  }
}

function readChildren(file: FileBytes, node: number): number[] {
  file.expectSignature(node, "TREE", "a node of a group's tree");
  const count = file.uint16(node + 6, "a node");
  file.check(node + 24, 16 * count + 8, "a node of a group's tree");
  return Array.from({ length: Math.min(count, MAX_NODES) }, (_, i) => file.uint64(node + 32 + 16 * i, "a node"));
}

function readSymbols(file: FileBytes, node: number, heap: { start: number; end: number }, add: Add): void {
  const count = file.uint16(node + 6, "a node");
  for (let i = 0; i < count; i++) {
    const entry = node + 8 + 40 * i;
    const nameAt = heap.start + file.uint64(entry, "a symbol");
    if (file.uint32(entry + 16, "a symbol") > 1) continue; // a soft link
    add(readName(file, nameAt, heap.end), file.uint64(entry + 8, "a symbol"));
  }
}

/** Longer than any name of Keras, and short enough that the search for its end takes little time. */
const MAX_NAME_BYTES = 1024;

function readName(file: FileBytes, at: number, heapEnd: number): string {
  const bytes = file.slice(at, Math.max(0, Math.min(MAX_NAME_BYTES, heapEnd - at)), "a name");
  const length = bytes.indexOf(0);
  if (length < 0) throw badHdf5(`expected a name of at most ${MAX_NAME_BYTES} bytes in the local heap, got no end`);
  return new TextDecoder().decode(bytes.subarray(0, length));
}

/** Reads a link message: version, flags, then the fields that the flags announce. */
function readLink(file: FileBytes, start: number, add: Add): void {
  const flags = file.uint8(start + 1, "a link");
  let at = start + 2;
  const isHard = (flags & 8) === 0 || file.uint8(at, "a link") === 0;
  at += (flags & 8 ? 1 : 0) + (flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0);
  const lengthBytes = 1 << (flags & 3);
  const length = file.uint(at, lengthBytes, "a link");
  if (length > MAX_NAME_BYTES) throw badHdf5(`expected a name of at most ${MAX_NAME_BYTES} bytes, got ${length}`);
  const name = file.text(at + lengthBytes, length, "a link");
  if (isHard) add(name, file.uint64(at + lengthBytes + length, "a link"));
}

function refuseHeap(file: FileBytes, start: number): void {
  const at = start + 2 + (file.uint8(start + 1, "link information") & 1 ? 8 : 0);
  if (file.uint64(at, "link information") >= file.length) return; // no heap: the links are messages
  throw unsupportedHdf5(
    `group: expected its names in a symbol table or in its header, got a fractal heap; save with h5py's libver="earliest"`,
  );
}
