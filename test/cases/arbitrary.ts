// Random cases for test/cases/properties.ts.

import * as fc from "fast-check";
import type { PropertyCase } from "./properties.js";

/** Bounded: a state stays in [-1, 1], whatever the layer's input. */
const newActivation = fc.constantFrom("tanh", "sigmoid", "softsign", "hardSigmoid");
const gateActivation = fc.constantFrom("sigmoid", "hardSigmoid");

const layer = fc
  .record({
    hiddenSize: fc.integer({ min: 1, max: 9 }),
    resetAfter: fc.boolean(),
    direction: fc.constantFrom("forward", "reverse", "bidirectional"),
    hasBias: fc.boolean(),
    // The common activations as often as all others.
    activations: fc.option(fc.record({ gateActivation, newActivation })),
    parts: fc.constantFrom(1, 2, 3),
    isAlongFrame: fc.boolean(),
    clip: fc.option(fc.constantFrom(0.3, 2), { freq: 3 }),
  })
  .map(({ activations, clip, ...shape }) => ({ ...shape, ...activations, ...(clip === null ? {} : { clip }) }));

/** Small networks of every kind, and requests for them. */
export const propertyCase: fc.Arbitrary<PropertyCase> = fc
  .record({ batchSize: fc.integer({ min: 1, max: 5 }), sequenceLength: fc.integer({ min: 1, max: 12 }) })
  .chain(({ batchSize, sequenceLength }) =>
    fc.record({
      seed: fc.integer({ min: 0, max: 2 ** 31 }),
      inputSize: fc.integer({ min: 1, max: 6 }),
      layers: fc.array(layer, { minLength: 1, maxLength: 3 }),
      head: fc.constantFrom("softmax", "tanh", null),
      batchSize: fc.constant(batchSize),
      sequenceLength: fc.constant(sequenceLength),
      lengths: fc.array(fc.integer({ min: 0, max: sequenceLength }), { minLength: batchSize, maxLength: batchSize }),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  );
