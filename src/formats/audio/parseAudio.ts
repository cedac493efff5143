import { GruError } from "../../errors.js";
import type { Network } from "../../model/network.js";
import { isGuitarml, networkOfGuitarml } from "./guitarml.js";
import { parseJson } from "./jsonValue.js";
import { readRnnoiseBlob } from "./rnnoiseBlob.js";
import { readRnnoiseText } from "./rnnoiseText.js";
import { isRtneural, networkOfRtneural } from "./rtneural.js";

/**
 * Reads a model of an audio program: RTNeural's JSON, GuitarML's JSON, RNNoise's text of 2018 or its weights of 0.2.
 *
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function parseAudio(bytes: Uint8Array): Network {
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  if (start.startsWith("DNNw")) return readRnnoiseBlob(bytes);
  if (start.startsWith("rnnoise-")) return readRnnoiseText(bytes);
  const json = parseJson(bytes);
  if (isRtneural(json)) return networkOfRtneural(json);
  if (isGuitarml(json)) return networkOfGuitarml(json);
  const keys = Object.keys(json).slice(0, 4).join(", ");
  throw new GruError(
    "unsupported",
    `json: expected in_shape and layers, or model_data and state_dict, got ${keys || "none"}`,
  );
}
