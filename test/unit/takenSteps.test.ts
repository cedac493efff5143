import { describe, expect, it } from "vitest";
import { checkSequenceLength } from "../../src/model/checkInput.js";
import { canStream, framesPerStep } from "../../src/model/network.js";
import { takenSteps } from "../../src/model/takenSteps.js";
import { twinCases } from "../cases/twinCases.js";

describe("steps that are timed", () => {
  const networks = twinCases.map(({ id, network }) => [id, network()] as const);

  it.each([1, 32])("are those that every network takes, near %d", (numSteps) => {
    for (const [id, network] of networks) {
      const taken = takenSteps(network, numSteps);
      const whole = canStream(network) ? framesPerStep(network) : 1; // pushes are whole multiples, runs are not
      expect(taken % whole, id).toBe(0);
      expect(() => checkSequenceLength(network, taken, null), id).not.toThrow();
    }
  });

  it("are as many as asked for where nothing forbids it", () => {
    const usual = networks.find(([id]) => id === "i1-h1")![1];
    expect([1, 7, 32].map((numSteps) => takenSteps(usual, numSteps))).toEqual([1, 7, 32]);
  });

  it("are more where a layer strides or takes a whole sequence: some case has each", () => {
    const taken = networks.map(([, network]) => takenSteps(network, 1));
    expect(new Set(taken).size).toBeGreaterThan(2);
  });
});
