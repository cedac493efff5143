// A stream's state as bytes: a line of JSON with its owner and the hash of its numbers, then the numbers, float32 little-endian,
// of each row [D, size] of each block of state, one after the other.

import { GruError } from "../errors.js";
import { fingerprint } from "../model/fingerprint.js";
import type { NonFinite } from "../model/checkInput.js";
import { firstNonFinite } from "../model/finite.js";
import { describeNumber, describeValue } from "../model/valueKind.js";
import { Hash } from "../model/hash.js";
import { type Network, stateLength } from "../model/network.js";
import { stateShapes } from "../model/state.js";
import { formerOwnerOf } from "./formerState.js";

const VERSION = 3;
/** Its header differs (see formerState.ts), its numbers are laid out in the same way. */
const FORMER_VERSION = 2;
const NEWLINE = 10;

interface Header extends Owner {
  readonly webgruState: number;
  readonly checksum: string;
}

/** The model and the batch that a state belongs to. */
interface Owner {
  readonly model: string;
  readonly batchSize: number;
  /** Name and [D, size] of each block. */
  readonly blocks: readonly (readonly [name: string, numDirections: number, size: number])[];
}

function ownerOf(network: Network, batchSize: number): Owner {
  const blocks = Object.entries(stateShapes(network)).map(([name, shape]) => [name, ...shape] as const);
  return { blocks, batchSize, model: fingerprint(network.layers) };
}

/** @param states of each row of the batch, [D, size] of each block, one after the other */
export function encodeState(network: Network, states: readonly Float32Array[]): Uint8Array {
  const rowLength = stateLength(network, 1);
  const values = new Float32Array(states.length * rowLength);
  states.forEach((state, row) => values.set(state, row * rowLength));
  const words = new Uint32Array(values.buffer);
  const header: Header = {
    webgruState: VERSION,
    ...ownerOf(network, states.length),
    checksum: checksumOf(words),
  };
  const line = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  const bytes = new Uint8Array(line.length + values.byteLength);
  bytes.set(line);
  const view = new DataView(bytes.buffer, line.length);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
}

/**
 * @returns the state of each row, as `encodeState` takes it
 * @throws GruError `bad-file` for bytes that are no saved state or a damaged one, `unsupported` for another version,
 *   `shape-mismatch` for a state of another model or batch size
 */
export function decodeState(
  network: Network,
  batchSize: number,
  bytes: Uint8Array,
  nonFinite: NonFinite = "reject",
): Float32Array[] {
  const kind = describeValue(bytes);
  if (!/^a Uint8Array of \d/.test(kind)) {
    throw new GruError("bad-file", `saved state: expected a Uint8Array made by stream.save(), got ${kind}`);
  }
  const end = bytes.indexOf(NEWLINE);
  const header = parseHeader(bytes.subarray(0, Math.max(0, end)));
  checkOwner(header, network, batchSize);
  const rowLength = stateLength(network, 1);
  const values = readValues(bytes.subarray(end + 1), batchSize * rowLength, header.checksum);
  const at = nonFinite === "allow" ? -1 : firstNonFinite(values);
  if (at >= 0)
    throw new GruError("bad-file", `saved state: expected finite numbers, got ${values[at]} at element ${at}`);
  return Array.from({ length: batchSize }, (_, row) => values.slice(row * rowLength, (row + 1) * rowLength));
}

function parseHeader(bytes: Uint8Array): Header {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof header === "object" && header !== null && "webgruState" in header) return header as Header;
  } catch {
    // refused below
  }
  throw new GruError("bad-file", "saved state: these bytes were not made by stream.save()");
}

function checkOwner(header: Header, network: Network, batchSize: number): void {
  const { webgruState: version } = header;
  if (version !== VERSION && version !== FORMER_VERSION) {
    throw new GruError(
      "unsupported",
      `saved state: expected version ${VERSION}, got ${describeNumber(version)}; update webgru`,
    );
  }
  const expected = version === VERSION ? ownerOf(network, batchSize) : formerOwnerOf(network, batchSize);
  const found = header as unknown as Readonly<Record<string, unknown>>;
  for (const [key, value] of Object.entries(expected)) {
    const [want, got] = [value, found[key]].map((each) => JSON.stringify(each));
    if (want === got) continue;
    throw new GruError("shape-mismatch", `saved state: expected ${key} ${want}, this model's, got ${got}`);
  }
}

function readValues(bytes: Uint8Array, length: number, checksum: string): Float32Array {
  const values = new Float32Array(length);
  if (bytes.length !== values.byteLength) {
    throw new GruError("bad-file", `saved state: expected ${values.byteLength} bytes of state, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = new Uint32Array(values.buffer); // a NaN keeps its bits
  words.forEach((_, i) => (words[i] = view.getUint32(4 * i, true)));
  const got = checksumOf(words);
  if (got === checksum) return values;
  throw new GruError("bad-file", `saved state: expected checksum ${checksum}, got ${got}: the bytes are damaged`);
}

function checksumOf(words: Uint32Array): string {
  const hash = new Hash();
  for (const word of words) hash.add(word);
  return hash.toString();
}
