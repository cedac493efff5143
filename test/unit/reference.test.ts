import { describe, expect, it } from "vitest";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { GruLayer } from "../../src/layers/gru.js";
import type { Network } from "../../src/model/network.js";
import { gruLayers } from "../harness/gruLayers.js";
import { runReference } from "../harness/reference/runReference.js";
import { expectClose } from "../harness/close.js";
import {
  randomArray,
  randomGru,
  randomInput,
  randomMixed,
  randomStack,
  randomTextModel,
  uniform,
} from "../cases/random.js";

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

const networks: [string, Network][] = [
  ["reset after", randomStack({ seed: 1, inputSize: 3, hiddenSizes: [5, 4], resetAfter: true })],
  ["reset before", randomStack({ seed: 2, inputSize: 3, hiddenSizes: [5, 4], resetAfter: false })],
  ["mixed", randomMixed(3, "softmax", 6)],
  ["text", randomTextModel(4, 9)],
];

describe("runReference", () => {
  for (const [name, network] of networks) {
    it(`gives the same for a sequence in one call and step by step, carrying the state (${name})`, () => {
      const [numSteps, batchSize] = [7, 2];
      const input = randomInput(network, numSteps * batchSize, 5);
      const whole = runReference(network, { input, batchSize });
      const stepElements = batchSize * network.inputSize;
      const outputs: number[] = [];
      let state: Float64Array | undefined;
      for (let step = 0; step < numSteps; step++) {
        const x = input.slice(step * stepElements, (step + 1) * stepElements);
        const one = runReference(network, { input: x, batchSize, ...(state && { initialState: state }) });
        outputs.push(...one.output);
        state = one.finalState;
      }
      expect(outputs).toEqual([...whole.output]);
      expect(state).toEqual(whole.finalState);
    });

    it(`gives the same for a batch and for its rows one by one (${name})`, () => {
      const [numSteps, batchSize] = [4, 3];
      const { inputSize } = network;
      const input = randomInput(network, numSteps * batchSize, 6);
      const initialState = randomState(network, batchSize, 7);
      const whole = runReference(network, { input, batchSize, initialState });
      for (let row = 0; row < batchSize; row++) {
        const rowInput = rowOf(input, batchSize, row, inputSize);
        const alone = runReference(network, {
          input: rowInput,
          batchSize: 1,
          initialState: rowOfState(network, initialState, batchSize, row),
        });
        const outputSize = alone.output.length / numSteps;
        expect([...alone.output]).toEqual(rowOf(whole.output, batchSize, row, outputSize));
        expect([...alone.finalState]).toEqual(rowOfState(network, whole.finalState, batchSize, row));
      }
    });
  }

  for (const resetAfter of [true, false]) {
    it(`keeps the state where the update gate is one, reset ${resetAfter ? "after" : "before"}`, () => {
      const layer = randomGru("gru", ["input"], { inputSize: 2, hiddenSize: 3, resetAfter }, uniform(8));
      const bias = layer.bias!.slice().fill(1e4, 3, 6); // z
      const network = defineNetwork({ layers: [{ ...layer, bias }] });
      const initialState = [0.25, -0.5, 0.75];
      const { output, finalState } = runReference(network, {
        input: randomInput(network, 5, 9),
        batchSize: 1,
        initialState,
      });
      expect([...finalState]).toEqual(initialState);
      expect(output.slice(0, 3)).toEqual(Float64Array.from(initialState));
    });
  }

  it("gives the same for both reset forms where the reset gate is one", () => {
    const { after, before } = bothForms((layer) => layer.bias!.fill(1e4, 0, 3)); // r
    expectClose(before, after, { atol: 1e-15, rtol: 0 });
  });

  it("keeps the recurrent bias of the new gate where reset is before, and drops it where reset is after, for r = 0", () => {
    const { after, before, layer } = bothForms(({ bias }) => bias!.fill(-1e4, 0, 3).fill(-1e4, 3, 6)); // r and z
    const c = layer.recurrentBias!.slice(6);
    const projection = before.map((n) => Math.atanh(n)).map((sum, i) => sum - c[i]!);
    expectClose(after, projection.map(Math.tanh), { atol: 1e-12, rtol: 0 });
    expect(Math.max(...after.map((value, i) => Math.abs(value - before[i]!)))).toBeGreaterThan(0.01);
  });

  it("tells the two reset forms apart where the reset gate is neither", () => {
    const { after, before } = bothForms(() => {});
    expect(Math.max(...after.map((value, i) => Math.abs(value - before[i]!)))).toBeGreaterThan(0.01);
  });

  // One unit, every weight, bias, input and state different.
  const [wr, wz, wn] = [0.5, -0.25, 0.75];
  const [rr, rz, rn] = [-1.5, 0.375, 1.25];
  const [br, bz, bn] = [0.125, 0.0625, -0.3125];
  const [cr, cz, cn] = [0.6875, -0.4375, 0.5625];
  const [x, h] = [0.875, -0.625];
  const r = sigmoid(wr * x + br + rr * h + cr);
  const z = sigmoid(wz * x + bz + rz * h + cz);
  const newGates = {
    after: Math.tanh(wn * x + bn + r * (rn * h + cn)),
    before: Math.tanh(wn * x + bn + rn * (r * h) + cn),
  };
  for (const [form, n] of Object.entries(newGates)) {
    it(`computes the equations for one unit, reset ${form}`, () => {
      const shape = { inputSize: 1, hiddenSize: 1, resetAfter: form === "after" };
      const layer: GruLayer = {
        ...randomGru("gru", ["input"], shape, uniform(10)),
        weight: Float32Array.of(wr, wz, wn),
        recurrentWeight: Float32Array.of(rr, rz, rn),
        bias: Float32Array.of(br, bz, bn),
        recurrentBias: Float32Array.of(cr, cz, cn),
      };
      const network = defineNetwork({ layers: [layer] });
      const { output } = runReference(network, { input: [x], batchSize: 1, initialState: [h] });
      expectClose(output, [(1 - z) * n + z * h], { atol: 1e-15, rtol: 0 });
    });
  }
});

/** One step of both reset forms from the same weights and state. @param change edits the weights of both */
function bothForms(change: (layer: GruLayer) => void) {
  const layer = randomGru("gru", ["input"], { inputSize: 2, hiddenSize: 3 }, uniform(11));
  change(layer);
  const step = (resetAfter: boolean) => {
    const network = defineNetwork({ layers: [{ ...layer, resetAfter }] });
    return [...runReference(network, { input: [0.5, -0.75], batchSize: 1, initialState: [0.9, -0.8, 0.7] }).output];
  };
  return { after: step(true), before: step(false), layer };
}

function randomState(network: Network, batchSize: number, seed: number): Float32Array {
  const length = gruLayers(network).reduce((sum, { hiddenSize }) => sum + batchSize * hiddenSize, 0);
  return randomArray(length, uniform(seed));
}

/** Row `row` of [T, B, size]. */
function rowOf(values: ArrayLike<number>, batchSize: number, row: number, size: number): number[] {
  return Array.from(values).filter((_, i) => Math.floor(i / size) % batchSize === row);
}

/** Row `row` of a state: [B, H] of each GRU layer, one after the other. */
function rowOfState(network: Network, state: ArrayLike<number>, batchSize: number, row: number): number[] {
  let start = 0;
  return gruLayers(network).flatMap(({ hiddenSize }) => {
    const part = Array.from(state).slice(start, start + batchSize * hiddenSize);
    start += batchSize * hiddenSize;
    return part.slice(row * hiddenSize, (row + 1) * hiddenSize);
  });
}
