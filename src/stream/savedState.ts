// A stream's state as bytes: a line of JSON that says whose it is, then float32 little-endian, [B, D, H] of each GRU layer
// (a row's layers one after the other).

import { GruError } from "../errors.js";
import { fingerprint } from "../model/fingerprint.js";
import type { NonFinite } from "../model/checkInput.js";
import { firstNonFinite } from "../model/finite.js";
import { gruLayers, type Network, stateLength } from "../model/network.js";

const VERSION = 1;
const NEWLINE = 10;

interface Header {
  readonly webgruState: number;
  readonly model: string;
  readonly batchSize: number;
  readonly hiddenSizes: readonly number[];
}

function headerOf(network: Network, batchSize: number): Header {
  const hiddenSizes = gruLayers(network).map(({ hiddenSize }) => hiddenSize);
  return { webgruState: VERSION, model: fingerprint(network), batchSize, hiddenSizes };
}

/** @param states of each row of the batch, [D, H] of each GRU layer, one after the other */
export function encodeState(network: Network, states: readonly Float32Array[]): Uint8Array {
  const header = new TextEncoder().encode(`${JSON.stringify(headerOf(network, states.length))}\n`);
  const rowBytes = stateLength(network, 1) * Float32Array.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(header.length + states.length * rowBytes);
  bytes.set(header);
  const view = new DataView(bytes.buffer, header.length);
  states.forEach((state, row) => {
    state.forEach((value, i) => view.setFloat32(row * rowBytes + i * Float32Array.BYTES_PER_ELEMENT, value, true));
  });
  return bytes;
}

/**
 * @returns the state of each row, as `encodeState` took it
 * @throws GruError `bad-file` for bytes that are no saved state, `unsupported` for another version, `shape-mismatch`
 *   for another model's or another batch size
 */
export function decodeState(
  network: Network,
  batchSize: number,
  bytes: Uint8Array,
  nonFinite: NonFinite = "reject",
): Float32Array[] {
  if (!(bytes instanceof Uint8Array)) {
    throw new GruError("bad-file", `saved state: expected a Uint8Array that save() gave, got ${String(bytes)}`);
  }
  const end = bytes.indexOf(NEWLINE);
  const header = parseHeader(bytes.subarray(0, Math.max(0, end)));
  const expected = headerOf(network, batchSize);
  if (header.webgruState !== VERSION) {
    throw new GruError("unsupported", `saved state: expected version ${VERSION}, got ${header.webgruState}`);
  }
  for (const key of ["hiddenSizes", "batchSize", "model"] as const) {
    if (JSON.stringify(header[key]) === JSON.stringify(expected[key])) continue;
    const [want, got] = [expected[key], header[key]].map((value) => JSON.stringify(value));
    throw new GruError("shape-mismatch", `saved state: expected ${key} ${want}, this model's, got ${got}`);
  }
  const rowLength = stateLength(network, 1);
  const sizeBytes = batchSize * rowLength * Float32Array.BYTES_PER_ELEMENT;
  if (bytes.length - end - 1 !== sizeBytes) {
    throw new GruError("bad-file", `saved state: expected ${sizeBytes} bytes of state, got ${bytes.length - end - 1}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + end + 1);
  const values = Float32Array.from({ length: batchSize * rowLength }, (_, i) => view.getFloat32(4 * i, true));
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
    // told below
  }
  throw new GruError("bad-file", `saved state: expected bytes that save() gave, got others`);
}
