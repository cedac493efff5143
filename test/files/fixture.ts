// Results of other programs, and how they are compared with ours: test/fixtures/README.md. Runs in Node and in the page.

import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { NetworkDescription } from "../../src/formats/description.js";
import { textbookGru, type TextbookGru } from "../../src/formats/textbook.js";
import type { ModelFiles } from "../../src/formats/fileContents.js";
import type { RunOptions } from "../../src/stream/runRequest.js";
import { createModel } from "../../src/load/loadModel.js";
import type { Network } from "../../src/model/network.js";
import { type ReferenceRequest, runReference } from "../harness/reference/runReference.js";
import { parseModel } from "../../src/load/parseModel.js";
import type { DeviceRequest } from "../../src/engine/chooseEngine.js";
import { compare, type Comparison } from "../harness/compare.js";

/** The contents of a fixture's .json; arrays are flat, row-major and time-major. */
export interface Fixture {
  readonly name: string;
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly input: number[];
  /** Zeros when absent. */
  readonly initialState?: number[];
  /** T for all when absent. */
  readonly lengths?: number[];
  /** True when absent. */
  readonly returnSequences?: boolean;
  /** The one output, or by name several, the main one first. */
  readonly output?: number[];
  readonly outputs?: Record<string, number[]>;
  /** Not compared when absent: TF.js does not tell. */
  readonly finalState?: number[];
  /** Largest absolute difference that a float32 engine may show; where values go beyond 1, as a part of them too. */
  readonly tolerance: number;
  /** The same for a float64 engine; when absent, what nine digits leave. */
  readonly referenceTolerance?: number;
  /** How a state_dict is wired, where its names and shapes do not tell. */
  readonly description?: NetworkDescription;
  /** The part of a Keras graph for training. */
  readonly part?: "encoder" | "decoder";
  /** Weights of a textbook GRU; the fixture then has no model file. */
  readonly textbook?: TextbookGru;
}

/** Names of a fixture's files beside its .json. */
export interface FixtureParts {
  readonly modelFile: string | null;
  /** Those that the model file names. */
  readonly others: readonly string[];
}

interface Result {
  readonly output: ArrayLike<number>;
  readonly outputs: Readonly<Record<string, ArrayLike<number>>>;
  readonly finalState: ArrayLike<number>;
}

/** Half a unit in the ninth digit, and the last bits of a sum in float64. */
const NINE_DIGITS = { atol: 1e-13, rtol: 5e-9 };

/** The network that a fixture is about. @param bytes its model file; null for a textbook GRU @param files beside that */
export async function fixtureNetwork(
  { textbook, description, part }: Fixture,
  bytes: Uint8Array | null,
  files?: ModelFiles,
): Promise<Network> {
  if (textbook !== undefined) return defineNetwork({ layers: [textbookGru(textbook)] });
  return parseModel(bytes!, { description, files, part });
}

/** Runs a fixture on a device or on the float64 reference; compares every output, by name, and the final state. */
export async function runFixture(
  fixture: Fixture,
  bytes: Uint8Array | null,
  device: "reference" | DeviceRequest,
  files?: ModelFiles,
): Promise<Record<string, Comparison>> {
  const network = await fixtureNetwork(fixture, bytes, files);
  const { tolerance, referenceTolerance } = fixture;
  if (device === "reference") {
    const request = { ...requestOf(fixture), input: fixture.input, batchSize: fixture.batchSize };
    return compareAll(network, fixture, runReference(network, request), referenceTolerance ?? null);
  }
  const model = await createModel(network, { device });
  try {
    return compareAll(network, fixture, await model.run(fixture.input, requestOf(fixture)), tolerance);
  } finally {
    model.dispose();
  }
}

/** The largest error of several comparisons. */
export function largestError(comparisons: Record<string, Comparison>): number {
  return Math.max(...Object.values(comparisons).map(({ maxError }) => maxError));
}

function requestOf({
  batchSize,
  initialState,
  lengths,
  returnSequences,
}: Fixture): RunOptions & Omit<ReferenceRequest, "input"> {
  return {
    batchSize,
    ...(initialState && { initialState }),
    ...(lengths && { lengths }),
    ...(returnSequences !== undefined && { returnSequences }),
  };
}

function compareAll(
  network: Network,
  { output, outputs, finalState }: Fixture,
  actual: Result,
  tolerance: number | null,
): Record<string, Comparison> {
  const [main] = network.outputs;
  const expected = outputs ?? { [main!]: output! };
  if (Object.keys(expected).join() !== network.outputs.join()) {
    throw new Error(`outputs: expected ${Object.keys(expected).join(", ")}, got ${network.outputs.join(", ")}`);
  }
  const within = (values: number[]) => {
    if (tolerance === null) return NINE_DIGITS;
    const isInUnit = values.every((value) => Math.abs(value) <= 1);
    return { atol: tolerance, rtol: isInUnit ? 0 : tolerance };
  };
  const comparisons = {
    output: compare(actual.output, expected[main!]!, within(expected[main!]!)),
    ...(finalState && { finalState: compare(actual.finalState, finalState, within(finalState)) }),
  };
  for (const [name, values] of Object.entries(expected)) {
    Object.assign(comparisons, { [`outputs.${name}`]: compare(actual.outputs[name]!, values, within(values)) });
  }
  return comparisons;
}
