// The networks that are written as ONNX models: of the twin cases, those that are small. All rows are of one length.

import { writeOnnx } from "../../src/formats/onnxWriter/writeOnnx.js";
import { canStream, framesPerStep, type Network, numParameters } from "../../src/model/network.js";
import { timeOf } from "../../src/layers/index.js";
import { randomInput } from "./random.js";
import { twinCases } from "./twinCases.js";

/** A network, a request, and a form in which it is written. */
export interface WrittenCase {
  /** The twin case's id, and "streaming" in that form. */
  readonly name: string;
  readonly network: Network;
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly input: Float32Array;
  readonly streaming: boolean;
}

const MAX_PARAMETERS = 30_000;
const [MAX_STEPS, USUAL_STEPS, MAX_ROWS] = [40, 8, 3];

/** @returns yields the cases whose network ONNX has a form for */
export function* writtenCases(): Generator<WrittenCase> {
  for (const twin of twinCases) {
    if (twin.generation !== undefined || twin.topK !== undefined) continue;
    const network = twin.network();
    const isSummary = network.layers.some((layer) => timeOf(layer) === "summary");
    if (twin.lengths !== undefined && !isSummary) continue;
    if (numParameters(network) > MAX_PARAMETERS) continue;
    const usual = USUAL_STEPS * framesPerStep(network);
    const sequenceLength = twin.sequenceLength <= MAX_STEPS ? twin.sequenceLength : usual;
    const batchSize = Math.min(twin.batchSize, MAX_ROWS);
    const input = randomInput(network, sequenceLength * batchSize, 970);
    const whole = { network, batchSize, sequenceLength, input };
    if (written({ ...whole, streaming: false }) !== null) yield { ...whole, name: twin.id, streaming: false };
    const isEven = sequenceLength % framesPerStep(network) === 0;
    if (!canStream(network) || !isEven || written({ ...whole, streaming: true }) === null) continue;
    yield { ...whole, name: `${twin.id} streaming`, streaming: true };
  }
}

/** The model's bytes; null where there is no form. */
export function written({ network, streaming }: Pick<WrittenCase, "network" | "streaming">): Uint8Array | null {
  try {
    return writeOnnx(network, { streaming });
  } catch (error) {
    if ((error as { code?: string }).code === "unsupported") return null;
    throw error;
  }
}
