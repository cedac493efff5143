// The container of weights that RNNoise 0.2 and Opus share: records, each a header of 64 bytes and the data, padded to a block.
// https://gitlab.xiph.org/xiph/rnnoise, src/nnet.h, parse_lpcnet_weights.c
//
//   "DNNw", version, type, size, block size: 4 bytes each; a name of 44 bytes, which ends with 0

import { GruError } from "../../errors.js";
import { quoteText } from "../../model/valueKind.js";

/** The first bytes of a record. */
const RECORD_START = "DNNw";
const HEADER_BYTES = 64;
const NAME_START = 20;

/** Records of a file, by name. @throws GruError `bad-file` */
export function readWeightsBlob(bytes: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const text = (start: number, end: number) => String.fromCharCode(...bytes.subarray(at + start, at + end));
    if (at + HEADER_BYTES > bytes.length) throw bad(`a record of ${HEADER_BYTES} bytes at ${at}`, bytes.length - at);
    if (text(0, 4) !== RECORD_START) throw bad(`"${RECORD_START}" at ${at}`, quoteText(text(0, 4)));
    const [size, blockSize] = [view.getInt32(at + 12, true), view.getInt32(at + 16, true)];
    const end = at + HEADER_BYTES + blockSize;
    const name = text(NAME_START, HEADER_BYTES).replace(/\0[^]*$/, "");
    if (size < 0 || blockSize < size || end > bytes.length) {
      throw bad(`a block for ${quoteText(name)} inside the file`, `${size} of ${blockSize} bytes at ${at}`);
    }
    if (records.has(name)) throw bad("records with names of their own", `${quoteText(name)} twice`);
    records.set(name, bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + size));
    at = end;
  }
  return records;
}

function bad(expected: string, got: string | number): GruError {
  return new GruError("bad-file", `weights blob: expected ${expected}, got ${got}`);
}
