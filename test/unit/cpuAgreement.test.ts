// The forms of the CPU path against each other, and what only WebAssembly has: its own layouts and roundings.

import { createModel, defineNetwork, type Network, type Storage } from "webgru";
import { describe, expect, it } from "vitest";
import { ELEMENT_FUNCTIONS } from "../../src/layers/activation.js";
import { withStorage } from "../../src/model/quantize.js";
import { expectClose } from "../harness/close.js";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { oneGru, randomInput, randomStack } from "../cases/random.js";

const wasmForms = cpuForms.filter((form) => form !== "plain JavaScript");

/** All forms sum float32 products; only their order and their roundings differ. */
const TOLERANCE = { atol: 1e-6, rtol: 0 };

describe("WebAssembly, with relaxed SIMD and without, and plain JavaScript", () => {
  for (const storage of ["f32", "f16", "int8"] as const) {
    for (const resetAfter of [true, false]) {
      for (const hiddenSize of [1, 2, 3, 5, 8, 31, 64, 130, 261]) {
        const shape = `H=${hiddenSize} ${storage}, reset ${resetAfter ? "after" : "before"}`;
        it(`agree within 1e-6 for ${shape}`, async () => {
          const layers = { seed: 3000 + hiddenSize, inputSize: 7, hiddenSizes: [hiddenSize, hiddenSize], resetAfter };
          await expectAgreement(stored(randomStack(layers), storage), 3, 70);
        });
      }
    }
  }

  for (const storage of ["f32", "f16", "int8"] as const) {
    it(`agree within 4e-6 for float32 sums of 5000 columns in ${storage}`, async () => {
      const wide = randomStack({ seed: 31, inputSize: 5000, hiddenSizes: [4], resetAfter: true });
      await expectAgreement(stored(wide, storage), 2, 3, { atol: 4e-6, rtol: 0 });
    });
  }

  for (const name of ELEMENT_FUNCTIONS) {
    it(`agree within 1e-6 for ${name} of numbers from -30 to 30, and near 0`, async () => {
      const dense = {
        type: "dense",
        name: "head",
        inputSize: 1,
        outputSize: 1,
        activation: { name, alpha: 0.7, beta: -0.3 },
      } as const;
      const network = defineNetwork({ layers: [{ ...dense, weight: Float32Array.of(1) }] });
      const input = Float32Array.from({ length: 6001 }, (_, i) => (i < 3000 ? i / 100 - 15 : (i - 4500) / 1e5) * 2);
      // Below 0 a root is no number, and at 0 a reciprocal is infinite.
      const isOfPositive = ["sqrt", "log", "reciprocal"].includes(name);
      const numbers = isOfPositive ? input.map((x) => Math.abs(x) + 1e-3) : input;
      const [plain, ...fast] = await runAll(network, numbers, 1);
      const largest = Math.max(...plain.map(Math.abs));
      for (const each of fast) expectClose(each, plain, { atol: 1e-6, rtol: largest > 1 ? 1e-6 : 0 });
    });
  }

  for (const value of [1e30, -1e30, 3e38]) {
    it(`agree where an input is ${value}`, async () => {
      const network = oneGru(32, { inputSize: 3, hiddenSize: 5 });
      const [plain, ...fast] = await runAll(network, Float32Array.of(0.1, value, 0.2, 0.3, 0.4, 0.5), 1);
      for (const each of fast) expectClose(each, plain, TOLERANCE);
    });
  }

  for (const storage of ["f32", "f16", "int8"] as const) {
    it(`all give NaN where an input is NaN, in ${storage}, and only in that row`, async () => {
      const network = stored(randomStack({ seed: 33, inputSize: 3, hiddenSizes: [5], resetAfter: true }), storage);
      const input = Float32Array.of(0.1, NaN, 0.2, 0.3, 0.4, 0.5);
      for (const output of await runAll(network, input, 2)) {
        expect([...output].map(Number.isNaN)).toEqual([...Array(5).fill(true), ...Array(5).fill(false)]);
      }
    });
  }

  it("agree where an input is infinite", async () => {
    const network = randomStack({ seed: 37, inputSize: 400, hiddenSizes: [5], resetAfter: true });
    const [plain, ...fast] = await runAll(network, new Float32Array(400).fill(0.1).fill(Infinity, 0, 1), 1);
    for (const each of fast) expectClose(each, plain, TOLERANCE);
  });

  it("all keep halves that are subnormal", async () => {
    const weight = Float32Array.of(2 ** -24, -(2 ** -24), 3 * 2 ** -20, -(2 ** -14), 1.5 * 2 ** -14, 65504, -65504, 0);
    const network = defineNetwork({
      layers: [{ type: "dense", name: "head", inputSize: 1, outputSize: 8, storage: "f16", weight }],
    });
    for (const output of await runAll(network, Float32Array.of(1), 1)) expect(output).toEqual(weight);
  });
});

describe.each(wasmForms)("a batch in %s", (form) => {
  for (const storage of ["f32", "f16", "int8"] as const) {
    it(`gives each row, bit for bit, what the row gives alone, in ${storage}`, async () => {
      useCpuForm(form);
      const network = stored(
        randomStack({ seed: 34, inputSize: 6, hiddenSizes: [37, 22], resetAfter: false }),
        storage,
      );
      const model = await createModel(network, { device: "cpu" });
      const [batchSize, sequenceLength] = [37, 11];
      const input = randomInput(network, batchSize * sequenceLength, 35);
      const { output } = await model.run(input, { batchSize });
      for (let row = 0; row < batchSize; row++) {
        const steps = pick(input, 6, batchSize, row);
        expect((await model.run(steps)).output).toEqual(pick(output, model.outputSize, batchSize, row));
      }
    });
  }
});

function stored(network: Network, storage: Storage): Network {
  return withStorage(network, storage);
}

async function expectAgreement(
  network: Network,
  batchSize: number,
  sequenceLength: number,
  tolerance = TOLERANCE,
): Promise<void> {
  const [plain, ...fast] = await runAll(network, randomInput(network, batchSize * sequenceLength, 36), batchSize);
  for (const each of fast) expectClose(each, plain, tolerance);
}

/** The main output in every form, plain JavaScript first. */
async function runAll(
  network: Network,
  input: Float32Array,
  batchSize: number,
): Promise<[Float32Array, ...Float32Array[]]> {
  const run = async (form: (typeof cpuForms)[number]) => {
    useCpuForm(form);
    const model = await createModel(network, { device: "cpu", nonFinite: "allow" });
    expect(model.deviceName).toBe(`CPU, ${form}`);
    return (await model.run(input, { batchSize })).output;
  };
  const plain = await run("plain JavaScript");
  const fast = [];
  for (const form of wasmForms) fast.push(await run(form));
  return [plain, ...fast];
}

/** [T, size] of one row of [T, B, size]. */
function pick(values: Float32Array, size: number, batchSize: number, row: number): Float32Array {
  const numSteps = values.length / (size * batchSize);
  const picked = new Float32Array(numSteps * size);
  for (let step = 0; step < numSteps; step++) {
    const start = (step * batchSize + row) * size;
    picked.set(values.subarray(start, start + size), step * size);
  }
  return picked;
}
