// The JSON Schema in the package: it says what the fields of the layers accept.

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { fieldsOf, type NetworkDescription } from "../../src/formats/description.js";
import { descriptionSchema, fieldSchema, type Schema } from "../../src/formats/descriptionSchema.js";
import { LAYER_TYPES } from "../../src/layers/index.js";
import { buildLibrary, projectRoot } from "../harness/library.js";

beforeAll(buildLibrary);

/** Whether a value is valid, by the few words of JSON Schema that ours has. */
function isValid(schema: Schema, value: unknown): boolean {
  const { type, minimum, exclusiveMinimum, minItems, maxItems, minLength } = schema as Record<
    string,
    number | undefined
  >;
  const {
    anyOf,
    oneOf,
    items,
    properties = {},
    required = [],
    additionalProperties,
  } = schema as {
    anyOf?: Schema[];
    oneOf?: Schema[];
    items?: Schema;
    properties?: Record<string, Schema>;
    required?: string[];
    additionalProperties?: false | Schema;
  };
  if (anyOf !== undefined && !anyOf.some((each) => isValid(each, value))) return false;
  if (oneOf !== undefined && oneOf.filter((each) => isValid(each, value)).length !== 1) return false;
  if ("const" in schema && schema["const"] !== value) return false;
  if ("enum" in schema && !(schema["enum"] as unknown[]).includes(value)) return false;
  if (type !== undefined && !isOfType(String(type), value)) return false;
  if (typeof value === "number") return value >= (minimum ?? -Infinity) && value > (exclusiveMinimum ?? -Infinity);
  if (typeof value === "string") return value.length >= (minLength ?? 0);
  if (Array.isArray(value)) {
    const isLength = value.length >= (minItems ?? 0) && value.length <= (maxItems ?? Infinity);
    return isLength && value.every((each) => isValid(items ?? {}, each));
  }
  if (typeof value !== "object" || value === null) return true;
  return (
    required.every((key) => key in value) &&
    Object.entries(value).every(([key, each]) => {
      const own = properties[key] ?? additionalProperties;
      return own !== false && isValid(own ?? {}, each);
    })
  );
}

function isOfType(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

// prettier-ignore
const PROBES: readonly unknown[] = [
  null, true, false, 0, 1, 2, 7, 1.5, -1, -0.5, "", "x", "causal", "same", "relu", "softmax", "forward", "bidirectional", "sum", "max",
  [], [0], [1], [0, 0], [1, 2], [1, 2, 3], [-1], [1.5], ["1"], Array(8).fill(1), Array(9).fill(1),
  {}, { name: "relu" }, { name: "elu", alpha: 1 }, { name: "elu", alpha: "1" }, { name: "nothing" }, { alpha: 1 },
];

describe("the schema of descriptions", () => {
  it("is in the package", () => {
    expect(JSON.parse(readFileSync(`${projectRoot}dist/description.schema.json`, "utf8"))).toEqual(descriptionSchema());
  });

  for (const type of [...LAYER_TYPES, "activation"] as Parameters<typeof fieldsOf>[0][]) {
    it(`says what the fields accept: ${type}`, () => {
      for (const [name, field] of Object.entries(fieldsOf(type))) {
        const schema = fieldSchema(field);
        for (const probe of PROBES) {
          expect([name, probe, isValid(schema, probe)]).toEqual([name, probe, field.accepts(probe)]);
        }
      }
    });
  }

  const gru = { type: "gru", name: "gru", inputSize: 3, hiddenSize: 4 } as const;

  it("takes a description that loads", () => {
    const description: NetworkDescription = {
      $schema: "./node_modules/webgru/dist/description.schema.json",
      version: 1,
      layers: [
        {
          ...gru,
          returnSequences: false,
          tensors: { weight: "a", bias: ["b", "c"] },
          layout: "keras",
          gateOrder: "zrn",
        },
        { type: "activation", name: "relu", activation: "relu" },
        { type: "dense", name: "head", inputSize: 4, outputSize: 2, activation: { name: "elu", alpha: 0.5 } },
      ],
      outputs: ["head"],
    };
    expect(isValid(descriptionSchema(), description)).toBe(true);
  });

  const wrong: [name: string, layer: object][] = [
    ["a key that means nothing", { ...gru, hidden: 4 }],
    ["a size that is missing", { type: "gru", name: "gru", inputSize: 3 }],
    ["a type that there is not", { ...gru, type: "gruu" }],
    [
      "a gate order of a layer without gates",
      { type: "dense", name: "head", inputSize: 3, outputSize: 2, gateOrder: "rzn" },
    ],
  ];
  for (const [name, layer] of wrong) {
    it(`does not take ${name}`, () => expect(isValid(descriptionSchema(), { layers: [layer] })).toBe(false));
  }
});
