// The options of `webgru run` about tables.

import { describe, expect, it } from "vitest";
import { seemsDecimalComma } from "../../src/cli/lines.js";
import { Table, type TableValues } from "../../src/cli/table.js";
import { expectRefusal } from "../harness/refusal.js";

const table = (values: Partial<TableValues>) =>
  new Table({ header: false, append: false, "decimal-comma": false, ...values }, ["head_1", "head_2"]);
const output = [0.5, -1.25];
/** The answer to a line, and the numbers that were read. */
const answered = (of: Table, line: string) => {
  const { form, values } = of.parse(line, 2)!;
  return [values, of.answer({ form, text: line }, output)];
};

describe("a table", () => {
  it("has its answers as before where no option is given", () => {
    expect(answered(table({}), "1\t2 3")).toEqual([[1, 2, 3], "0.5,-1.25"]);
    expect(answered(table({}), " [1, 2]")).toEqual([[1, 2], "[0.5,-1.25]"]);
    expect(table({}).parse("  ", 1)).toBeNull();
    expect(table({}).header("a,b")).toBeNull();
  });

  it("with --header answers its first line by the outputs' names, and no other", () => {
    const named = table({ header: true });
    expect(named.header(" ")).toBeNull();
    expect(named.header("a,b")).toBe("head_1,head_2");
    expect(named.header("a,b")).toBeNull();
    expect(answered(named, "1,2")).toEqual([[1, 2], "0.5,-1.25"]);
  });

  it("with --columns reads those alone, in that order, by name or by number", () => {
    const named = table({ header: true, columns: "rain, wind" });
    named.header('time;"wind";rain');
    expect(answered(named, "2026-01-01 10:00;3;4")).toEqual([[4, 3], "0.5,-1.25"]);
    expect(answered(table({ columns: "3,1" }), "1,x,3")).toEqual([[3, 1], "0.5,-1.25"]);
    expect(answered(table({ columns: "2" }), "[1, 2]")).toEqual([[2], "[0.5,-1.25]"]);
    expect(answered(table({ columns: "2" }), "noon  7")).toEqual([[7], "0.5,-1.25"]);
  });

  it("with --append writes the outputs after each line, with its separator", () => {
    const both = table({ append: true, header: true });
    expect(both.header("a;b")).toBe("a;b;head_1;head_2");
    expect(answered(both, "1;2 ")[1]).toBe("1;2;0.5;-1.25");
    expect(answered(both, "1,2")[1]).toBe("1,2,0.5,-1.25");
    expect(answered(both, "1\t2")[1]).toBe("1\t2\t0.5\t-1.25");
    expect(answered(both, "1 2")[1]).toBe("1 2 0.5 -1.25");
    expect(answered(both, "7")[1]).toBe("7,0.5,-1.25");
    expect(answered(both, "[1, 2]")[1]).toBe("[1, 2,0.5,-1.25]");
  });

  it("with --decimal-comma reads and writes them", () => {
    const commas = table({ "decimal-comma": true });
    expect(answered(commas, "0,5;1;-2,25")).toEqual([[0.5, 1, -2.25], "0,5;-1,25"]);
    expect(answered(commas, "0,5\t1")).toEqual([[0.5, 1], "0,5\t-1,25"]);
    expect(answered(commas, "0,5 1")).toEqual([[0.5, 1], "0,5;-1,25"]);
    expect(answered(table({ "decimal-comma": true, append: true }), "0,5;1")[1]).toBe("0,5;1;0,5;-1,25");
  });

  it("refuses columns that it has not", async () => {
    await expectRefusal(
      () => table({ columns: "3" }).parse("1,2", 4),
      "bad-input",
      "line 4: expected a column 3, got 2 columns",
    );
    expect(() => table({ columns: "rain" })).toThrow(
      "--columns: expected numbers from 1 on, or names with --header, got rain",
    );
    expect(() => table({ header: true, columns: "rain" }).header("a,b")).toThrow(
      /expected names of the header, a, b, got rain/,
    );
  });

  it("says what a header without --header may be, and decimal commas", async () => {
    await expectRefusal(
      () => table({}).parse("wind,rain", 1),
      "bad-input",
      /got "wind"; does the line name the columns\? Then say --header$/,
    );
    await expectRefusal(() => table({}).parse("wind,rain", 2), "bad-input", /got "wind"$/);
    expect(["0,5;1,25", "0,5\t1", "1,5 2,5"].map(seemsDecimalComma)).toEqual([true, true, true]);
    expect(["1,2", "1;2", "1.5,2.5", "1, 2"].map(seemsDecimalComma)).toEqual([false, false, false, false]);
  });
});
