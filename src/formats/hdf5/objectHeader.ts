import { badHdf5, type FileBytes, unsupportedHdf5 } from "./fileBytes.js";

/** Types of messages. HDF5's specification, IV.A.2 */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** One message of an object's header: a fact about a group or a dataset. */
export interface Message {
  /** One of `MESSAGE`; negative for a shared message. */
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** Limits of a header. A group of a thousand layers has a thousand links. */
const MAX_MESSAGES = 8192;
const MAX_BLOCKS = 256;

/** Bit of a message's flags: the message is shared by several objects, and stored in another place. */
const SHARED = 2;

/**
 * The messages of a group's or a dataset's header.
 *
 * @throws GruError `bad-file` for a malformed header, or one with a cycle; `unsupported` for another version
 */
export function readObjectHeader(file: FileBytes, address: number): Message[] {
  const version = file.uint8(address, "an object header");
  if (version === 1) {
    const size = file.uint32(address + 8, "an object header");
    return readBlocks(file, { start: address + 16, end: address + 16 + size }, { prefix: 8, sizeAt: 2, flagsAt: 4 });
  }
  file.expectSignature(address, "OHDR", "an object header");
  const headerVersion = file.uint8(address + 4, "an object header");
  if (headerVersion !== 2) throw unsupportedHdf5(`object header: expected version 1 or 2, got ${headerVersion}`);
  const flags = file.uint8(address + 5, "an object header");
  const sizeAt = address + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const sizeBytes = 1 << (flags & 3);
  const start = sizeAt + sizeBytes;
  const size = file.uint(sizeAt, sizeBytes, "an object header");
  const form = { prefix: flags & 4 ? 6 : 4, sizeAt: 1, flagsAt: 3 };
  return readBlocks(file, { start, end: start + size }, form);
}

/** The layout of a message: the length of its prefix, and the offsets of the size and the flags in it. */
interface Form {
  readonly prefix: number;
  readonly sizeAt: number;
  readonly flagsAt: number;
}

function readBlocks(file: FileBytes, first: { start: number; end: number }, form: Form): Message[] {
  const { prefix, sizeAt, flagsAt } = form;
  const isOld = sizeAt === 2;
  const blocks = [first];
  const messages: Message[] = [];
  for (const { start: blockStart, end: blockEnd } of blocks) {
    file.check(blockStart, blockEnd - blockStart, "a block of an object header");
    for (let at = blockStart; at + prefix <= blockEnd;) {
      const type = isOld ? file.uint16(at, "a message") : file.uint8(at, "a message");
      const start = at + prefix;
      const end = start + file.uint16(at + sizeAt, "a message");
      if (end > blockEnd) throw badHdf5(`expected a message inside its block, got one to byte ${end} of ${blockEnd}`);
      if (type === MESSAGE.continuation) blocks.push(continuation(file, start, isOld));
      else if (file.uint8(at + flagsAt, "a message") & SHARED) messages.push({ type: -type, start, end });
      else messages.push({ type, start, end });
      if (messages.length > MAX_MESSAGES)
        throw badHdf5(`expected at most ${MAX_MESSAGES} messages in a header, got more`);
      if (blocks.length > MAX_BLOCKS) throw badHdf5(`expected at most ${MAX_BLOCKS} blocks in a header, got more`);
      at = end;
    }
  }
  return messages;
}

function continuation(file: FileBytes, at: number, isOld: boolean): { start: number; end: number } {
  const start = file.uint64(at, "a continuation");
  const end = start + file.uint64(at + 8, "a continuation");
  if (isOld) return { start, end };
  file.expectSignature(start, "OCHK", "a continuation");
  return { start: start + 4, end: end - 4 }; // without signature and checksum
}

/** The message of a type. @throws GruError `bad-file` when there is none, `unsupported` for a shared one */
export function findMessage(messages: readonly Message[], type: number, what: string): Message {
  const found = messages.find((message) => message.type === type);
  if (found !== undefined) return found;
  if (messages.some((message) => message.type === -type)) {
    throw unsupportedHdf5(`${what}: expected it in the object's own header, got a shared one`);
  }
  throw badHdf5(`${what}: expected a message in the object's header, got none`);
}
