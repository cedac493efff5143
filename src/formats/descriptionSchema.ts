// The JSON Schema of descriptions, by which editors complete them: the build writes it to the package. A test holds it to what the
// fields accept.

import type { Field } from "../layers/field.js";
import { type Layer, LAYER_TYPES } from "../layers/index.js";
import { ACTIVATION } from "./activationEntry.js";
import { fieldsOf } from "./description.js";
import { GATES, LAYOUTS } from "./tensorSource.js";

/** A schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

const TEXT: Schema = { type: "string" };
const TEXTS: Schema = { type: "array", items: TEXT };
const NAME_OR_PAIR: Schema = { anyOf: [TEXT, { ...TEXTS, minItems: 2, maxItems: 2 }] };

export function descriptionSchema(): Schema {
  const layers = [...LAYER_TYPES, ACTIVATION].map((type) => layerSchema(type as Layer["type"]));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "The layers of a network, as webgru's option `description` and its model files have them",
    type: "object",
    properties: {
      $schema: TEXT,
      version: { const: 1 },
      layers: { type: "array", minItems: 1, items: { oneOf: layers } },
      outputs: { ...TEXTS, description: "names of the layers whose outputs are the network's" },
      inputs: {
        type: "array",
        description: "the parts of the input, which callers may give by name",
        items: {
          type: "object",
          properties: {
            name: TEXT,
            size: { type: "integer", minimum: 1 },
            numIndices: { type: ["integer", "null"] },
            isStatic: { type: "boolean" },
          },
          required: ["name", "size", "numIndices", "isStatic"],
          additionalProperties: false,
        },
      },
      reversesInput: { type: "boolean", default: false },
      vocabulary: { ...TEXTS, description: "the text of each index" },
    },
    required: ["layers"],
    additionalProperties: false,
  };
}

function layerSchema(type: Layer["type"] | typeof ACTIVATION): Schema {
  const fields = Object.entries(fieldsOf(type));
  const needed = fields.filter(([, field]) => field.default === undefined).map(([name]) => name);
  return {
    title: type,
    type: "object",
    properties: {
      type: { const: type },
      name: TEXT,
      inputs: { ...TEXTS, description: "the layer before it when absent" },
      ...Object.fromEntries(fields.map(([name, field]) => [name, fieldSchema(field)])),
      ...(type === ACTIVATION ? {} : sourceSchemas(type)),
    },
    required: ["type", "name", ...needed],
    additionalProperties: false,
  };
}

/** Where a layer's tensors are. */
function sourceSchemas(type: string): Record<string, Schema> {
  const description = "names in the file, by the layer's own";
  const sources = {
    tensors: { type: "object", additionalProperties: NAME_OR_PAIR, description },
    layout: { enum: LAYOUTS },
  };
  const gates = GATES[type]?.own;
  return gates === undefined ? sources : { ...sources, gateOrder: { ...TEXT, description: `${gates} in some order` } };
}

/** The schema of a field, found out by what it accepts. */
export function fieldSchema(field: Field): Schema {
  const { expected, default: usual } = field;
  const forms = formsOf(field);
  return {
    ...(forms.length === 1 ? forms[0] : { anyOf: forms }),
    ...(typeof expected === "string" ? { description: expected } : {}),
    ...(usual === undefined || typeof usual === "function" ? {} : { default: usual }),
  };
}

function formsOf(field: Field): Schema[] {
  const { kind, expected } = field;
  const orNull = field.accepts(null) ? [{ type: "null" }] : [];
  const words: Schema = { enum: expected };
  if (kind === "choice") return [words];
  if (kind === "name") return [{ ...TEXT, minLength: 1 }];
  if (kind === "number") {
    return [{ type: "number", ...(field.accepts(-1) ? {} : { exclusiveMinimum: 0 }) }, ...orNull];
  }
  if (kind === "activation") {
    const parameter = { type: "number" };
    const properties = { name: words, alpha: parameter, beta: parameter };
    return [words, { type: "object", properties, required: ["name"], additionalProperties: false }];
  }
  const quoted = [...String(expected).matchAll(/"(\w+)"/g)].map(([, word]) => word);
  const whole = field.accepts(1) ? [{ type: "integer", minimum: 1 }] : [];
  return [...whole, ...(quoted.length > 0 ? [{ enum: quoted }] : []), ...listForms(field), ...orNull];
}

/** Longer than any list that a field accepts. */
const LONG = 16;

function listForms(field: Field): Schema[] {
  const lengths = Array.from({ length: LONG }, (_, i) => i).filter((i) => field.accepts(Array<number>(i).fill(1)));
  if (lengths.length === 0) return [];
  const mayBeZero = field.accepts(Array<number>(lengths.at(-1)!).fill(0));
  const items = { type: "integer", minimum: mayBeZero ? 0 : 1 };
  return [{ type: "array", items, minItems: lengths[0], maxItems: lengths.at(-1) }];
}
