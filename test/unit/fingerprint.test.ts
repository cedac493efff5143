import { defineNetwork, type GruLayer, type GruSpec, type Network } from "webgru";
import { describe, expect, it } from "vitest";
import { fingerprint } from "../../src/model/fingerprint.js";
import { randomArray, randomMixed, randomStack, randomTextModel, uniform } from "../cases/random.js";

const network = randomStack({ seed: 830, inputSize: 2, hiddenSizes: [5, 3], resetAfter: true });
const layer = network.layers[0] as GruLayer;

describe("a fingerprint", () => {
  it("is eight bytes in hexadecimal, the same for a network made again", () => {
    expect(fingerprint(network.layers)).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprint(withLayer({}).layers)).toBe(fingerprint(network.layers));
    expect(fingerprint(randomTextModel(831, 9).layers)).toBe(fingerprint(randomTextModel(831, 9).layers));
  });

  it("is the same in whatever order a layer's properties were written", () => {
    const next = uniform(832);
    const [weight, recurrentWeight] = [randomArray(12, next), randomArray(12, next)];
    const spec: GruSpec = { type: "gru", name: "gru", inputSize: 2, hiddenSize: 2, weight, recurrentWeight };
    const reversed = Object.fromEntries(Object.entries(spec).reverse()) as unknown as GruSpec;
    const [first, second] = [spec, reversed].map((each) => fingerprint(defineNetwork({ layers: [each] }).layers));
    expect(second).toBe(first);
  });

  const others: [string, Partial<GruLayer>][] = [
    ["name", { name: "other" }],
    ["reset before", { resetAfter: false }],
    ["clip", { clip: 3 }],
    ["no bias", { bias: null }],
    ["biases exchanged", { bias: layer.recurrentBias, recurrentBias: layer.bias }],
  ];
  for (const [title, change] of others) {
    it(`is another for a layer with another ${title}`, () => {
      expect(fingerprint(withLayer(change).layers)).not.toBe(fingerprint(network.layers));
    });
  }

  it("is another for each network of a kind", () => {
    const all = Array.from({ length: 200 }, (_, seed) => fingerprint(randomMixed(seed, "softmax", 4).layers));
    expect(new Set(all).size).toBe(all.length);
  });

  it("is another where one weight differs in its last bit, or in its sign", () => {
    const { weight } = layer;
    for (let i = 0; i < weight.length; i++) {
      for (const bit of [0, 31]) {
        const changed = weight.slice();
        new Uint32Array(changed.buffer)[i]! ^= 2 ** bit;
        expect(fingerprint(withLayer({ weight: changed }).layers), `weight ${i}, bit ${bit}`).not.toBe(
          fingerprint(network.layers),
        );
      }
    }
  });

  it("is another where two weights differ in their signs", () => {
    const { recurrentWeight } = layer;
    const same: string[] = [];
    for (let i = 0; i < recurrentWeight.length; i++) {
      for (let j = i + 1; j < recurrentWeight.length; j++) {
        const changed = recurrentWeight.slice();
        changed[i]! *= -1;
        changed[j]! *= -1;
        if (fingerprint(withLayer({ recurrentWeight: changed }).layers) === fingerprint(network.layers))
          same.push(`${i} and ${j}`);
      }
    }
    expect(same).toEqual([]);
  });
});

function withLayer(change: Partial<GruLayer>): Network {
  return { ...network, layers: [{ ...layer, ...change }, ...network.layers.slice(1)] };
}
