import { describe, expect, it } from "vitest";
import { Vocabulary } from "../../demo/vocabulary.js";

const vocabulary = new Vocabulary([..."\n \"'-.aehs"]);
const readAs = (text: string) => [...text].map((character) => vocabulary.readAs(character)).join("");

describe("Vocabulary", () => {
  it("gives the index of a known character", () => {
    expect(vocabulary.encode("a")).toEqual([6]);
    expect(vocabulary.encode("\n")).toEqual([0]);
  });

  it("straightens quotes and dashes, as several characters where need be", () => {
    expect(readAs("“a” ‘s’ – — …")).toBe("\"a\" 's' - -- ...");
    expect(vocabulary.encode("…")).toEqual([5, 5, 5]);
  });

  it("takes accents off, whether they are part of the character or follow it", () => {
    expect(readAs("é")).toBe("e");
    expect(readAs("e\u0301")).toBe("e");
    expect(vocabulary.encode("\u0301")).toEqual([]);
  });

  it("reads a space where there is no likeness", () => {
    expect(readAs("7🙂Z\t\u00a0")).toBe("     ");
    expect(readAs("ö")).toBe(" "); // its o is not known either
  });

  it("reads compatibility forms", () => {
    expect(readAs("ａß")).toBe("ass");
  });

  it("names each substitution once, in order, and no invisible characters", () => {
    expect([...vocabulary.substitutions("a“7“e\u0301\u200b")]).toEqual([
      ["“", '"'],
      ["7", " "],
    ]);
  });

  it("has some index for anything, even without a space", () => {
    expect(new Vocabulary(["a", "b"]).encode("c")).toEqual([0]);
  });
});
