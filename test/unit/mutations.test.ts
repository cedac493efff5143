// The mutations of the shaders as they are written down. test/browser/mutations.test.ts runs some of them,
// test/long/mutations all.

import { describe, expect, it } from "vitest";
import { casesOf } from "../cases/twinCases.js";
import { mutations } from "../long/mutations/index.js";
import { mutate } from "../long/mutations/mutation.js";
import { shaderSources, titleOf } from "../long/mutations/run.js";

describe("mutations", () => {
  it("are there for every shader", () => {
    expect(new Set(mutations.map(({ file }) => file))).toEqual(new Set(shaderSources.keys()));
  });

  it("have each a name of its own", () => {
    const names = mutations.map(titleOf);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it("change the text of their shaders, and name cases", () => {
    for (const mutation of mutations) {
      const source = shaderSources.get(mutation.file)!;
      expect(mutate(source, mutation), titleOf(mutation)).not.toBe(source);
      expect(casesOf(mutation.cases)).not.toEqual([]);
    }
  });
});
