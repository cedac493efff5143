import { main } from "assemblyscript/asc";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ACTIVATION } from "../../src/cpu/activation.js";
import { AXIS } from "../../src/cpu/axis.js";
import { CONV } from "../../src/cpu/conv.js";
import { DEPTHWISE } from "../../src/cpu/conv/depthwise.js";
import { CpuMemory, PlainBuffer } from "../../src/cpu/cpuMemory.js";
import { CELL } from "../../src/cpu/recurrent.js";
import { LINES } from "../../src/cpu/reduce.js";
import { LAYOUTS, MATRIX } from "../../src/cpu/matrix.js";
import { POOL } from "../../src/cpu/pool.js";
import { type StructFields, writeStruct } from "../../src/cpu/struct.js";
import { MIRRORED } from "../../src/cpu/conv/mirrored.js";
import { TRANSPOSED } from "../../src/cpu/conv/transposed.js";
import { ELEMENT_FUNCTIONS } from "../../src/layers/activation.js";
import { projectRoot } from "../harness/library.js";

const folder = join(projectRoot, "src/cpu/wasm");
const sources = readdirSync(folder).filter((file) => file.endsWith(".ts"));

/** The list of fields of each class that JavaScript writes, and the file of the class. */
const structs: Record<string, { file: string; fields: StructFields }> = {
  Activation: { file: "activation", fields: ACTIVATION },
  Axis: { file: "axis", fields: AXIS },
  Cell: { file: "cell", fields: CELL },
  Conv: { file: "conv", fields: CONV },
  Depthwise: { file: "depthwise", fields: DEPTHWISE },
  Lines: { file: "reduce", fields: LINES },
  Matrix: { file: "matrix", fields: MATRIX },
  MirroredConv: { file: "mirroredConv", fields: MIRRORED },
  Pool: { file: "pool", fields: POOL },
  TransposedConv: { file: "transposedConv", fields: TRANSPOSED },
};

describe("a struct", () => {
  it("is written field by field", () => {
    const memory = new CpuMemory(new PlainBuffer(), 0);
    const address = writeStruct(memory, { size: "i32", clip: "f32" }, { clip: 0.5, size: -7 });
    expect(memory.i32[address / 4]).toBe(-7);
    expect(memory.f32[address / 4 + 1]).toBe(0.5);
  });

  it("has a list of fields for each class that lies in the memory", () => {
    const classes = sources.flatMap((file) =>
      [...readFileSync(join(folder, file), "utf8").matchAll(/@unmanaged\s+export class (\w+)/g)].map(
        ([, name]) => name,
      ),
    );
    expect(classes.sort()).toEqual(Object.keys(structs));
  });
});

describe("AssemblyScript", () => {
  let numbers: Record<string, number>;
  beforeAll(async () => (numbers = await compileConstants()));

  for (const [name, { fields }] of Object.entries(structs)) {
    for (const [i, [field, type]] of Object.entries(fields).entries()) {
      it(`has ${name}.${field}, ${type}, at byte ${4 * i}`, () => {
        expect(numbers[`${name}_${field}_offset`]).toBe(4 * i);
        expect(numbers[`${name}_${field}_isFloat`]).toBe(Number(type === "f32"));
      });
    }

    it(`has no more fields in ${name}`, () => {
      expect(numbers[`${name}_size`]).toBe(4 * Object.keys(fields).length);
    });
  }

  it("has the numbers of layouts and activations that JavaScript writes", () => {
    expect(LAYOUTS.map((layout) => numbers[layout.toUpperCase()])).toEqual([...LAYOUTS.keys()]);
    for (const name of ["sigmoid", "tanh"] as const) {
      expect(numbers[name.toUpperCase()]).toBe(ELEMENT_FUNCTIONS.indexOf(name));
    }
  });
});

/** Offsets and kinds of the structs' fields, and numbers of layouts and activations, from the compiler itself. */
async function compileConstants(): Promise<Record<string, number>> {
  const lines = Object.entries(structs).flatMap(([name, { file, fields }]) => [
    `import { ${name} } from "./${file}";`,
    `export const ${name}_size: i32 = <i32>offsetof<${name}>();`,
    ...Object.keys(fields).flatMap((field) => [
      `export const ${name}_${field}_offset: i32 = <i32>offsetof<${name}>("${field}");`,
      `export const ${name}_${field}_isFloat: i32 = <i32>isFloat(changetype<${name}>(0).${field});`,
    ]),
  ]);
  const entry = `${lines.join("\n")}
export { F32, F16, BLOCKS } from "./matrix";
export { SIGMOID, TANH } from "./activation";`;

  let module: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await main(
    ["constants.ts", "--outFile", "constants.wasm", "--enable", "simd", "--runtime", "stub"],
    {
      readFile: (file) => {
        if (file === "constants.ts") return entry;
        return sources.includes(file) ? readFileSync(join(folder, file), "utf8") : null;
      },
      writeFile: (file, contents) => {
        if (file === "constants.wasm") module = contents as Uint8Array<ArrayBuffer>;
      },
      listFiles: () => [],
    },
  );
  if (error || module === undefined) throw new Error(`${String(error)}\n${stderr.toString()}`);
  const { instance } = await WebAssembly.instantiate(module, { env: { abort: () => {} } });
  return Object.fromEntries(
    Object.entries(instance.exports).flatMap(([name, value]) =>
      value instanceof WebAssembly.Global ? [[name, value.value as number]] : [],
    ),
  );
}
