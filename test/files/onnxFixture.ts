// Files of exporters and the results of their frameworks, held against the ONNX reader: test/fixtures/onnx/README.md. Runs in
// Node and in the page.

import { fromRun, parseOnnx, type OnnxNetwork, toRun } from "../../src/entries/onnx.js";
import { createModel } from "../../src/load/loadModel.js";
import { runReference } from "../harness/reference/runReference.js";
import { compare, type Comparison } from "../harness/compare.js";

interface JsonTensor {
  readonly shape: number[];
  readonly data: number[];
}

/** The contents of a fixture's .json, by the graph's own names. */
export interface OnnxFixture {
  readonly name: string;
  /** Of the model files, one each. */
  readonly opsets: number[];
  readonly inputs: Record<string, JsonTensor>;
  readonly outputs: Record<string, JsonTensor>;
  /** Options of the reader. */
  readonly linearBeforeReset?: boolean;
}

/** Largest absolute difference that a float32 engine may show. */
const TOLERANCE = { atol: 2e-6, rtol: 0 };
/** The same where the largest value is beyond 1: as a part of it. */
const LARGE = { atol: 2e-6, rtol: 2e-6 };
/** The error of weights rounded to float32 after folding. */
const REFERENCE_TOLERANCE = { atol: 1e-6, rtol: 1e-6 };

/** The case that a model file is of. */
export function caseOf(name: string): string {
  return name.replace(/\.opset\d+$/, "");
}

/** The network of a fixture's model file; weights that the graph leaves to the caller are among the inputs. */
export function readOnnxFixture({ inputs, linearBeforeReset }: OnnxFixture, bytes: Uint8Array): OnnxNetwork {
  const weights = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [name, { shape, values: data }]),
  );
  return parseOnnx(bytes, { weights, linearBeforeReset });
}

/** Runs a fixture on a device or on the float64 reference; compares every output, by name. */
export async function runOnnxFixture(
  fixture: OnnxFixture,
  bytes: Uint8Array,
  device: "reference" | "cpu" | GPUDevice,
): Promise<Record<string, Comparison>> {
  const network = readOnnxFixture(fixture, bytes);
  const given = toRun(network.graph, fixture.inputs);
  const results = await runNetwork(network, given, device);
  const outputs = fromRun(network.graph, results, given);
  return Object.fromEntries(
    Object.entries(fixture.outputs).map(([name, { shape, data }]) => {
      const { shape: gotShape, data: got } = outputs[name]!;
      if (gotShape.join() !== shape.join()) throw new Error(`${name}: expected [${shape}], got [${gotShape}]`);
      const tolerance = data.every((value) => Math.abs(value) <= 1) ? TOLERANCE : LARGE;
      return [name, compare(got, data, device === "reference" ? REFERENCE_TOLERANCE : tolerance)];
    }),
  );
}

async function runNetwork(
  network: OnnxNetwork,
  { input, options }: ReturnType<typeof toRun>,
  device: "reference" | "cpu" | GPUDevice,
) {
  if (device === "reference") return runReference(network, { input, ...options });
  const model = await createModel(network, { device });
  try {
    return await model.run(input, options);
  } finally {
    model.dispose();
  }
}
