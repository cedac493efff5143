// Every option and argument of the public functions, with every value that it is not.

import { createModel, defineNetwork, type GruModel, GruError, type LayerSpec } from "webgru";
import { describeNetwork, writeSafetensors } from "webgru/safetensors";
import { textbookGru } from "webgru/textbook";
import { beforeAll, describe, expect, it } from "vitest";
import { describeValue } from "../../src/model/valueKind.js";
import { oddValues } from "../cases/oddValues.js";
import { oneGru, randomStack, randomTextModel } from "../cases/random.js";

/** A call with a value in a place that a message must name, and the kinds that are right there. */
interface Place {
  readonly name: RegExp;
  call(value: never): unknown;
  readonly takes?: RegExp;
}

let features: GruModel;
let text: GruModel;

beforeAll(async () => {
  features = await createModel(randomStack({ seed: 1410, inputSize: 2, hiddenSizes: [3], resetAfter: true }), {
    device: "cpu",
  });
  text = await createModel(randomTextModel(1411, 9), { device: "cpu" });
});

const AN_OBJECT = /^an object$/;
const embedding: LayerSpec = {
  type: "embedding",
  name: "e",
  numEmbeddings: 2,
  embeddingSize: 2,
  weight: new Float32Array(4),
};
const dense: LayerSpec = { type: "dense", name: "d", inputSize: 2, outputSize: 2, weight: new Float32Array(4) };
const gru: LayerSpec = {
  type: "gru",
  name: "g",
  inputSize: 2,
  hiddenSize: 1,
  weight: new Float32Array(6),
  recurrentWeight: new Float32Array(3),
};
const textbook = {
  inputSize: 1,
  hiddenSize: 1,
  resetWeight: [0, 0],
  updateWeight: [0, 0],
  newWeight: [0, 0],
};

const first = (tokens: AsyncGenerator<unknown>) => tokens.next();
const predicted = (options: object) =>
  features
    .createStream()
    .predict([[1, 2]], options)
    .next();
const predictedItem = async (item: never) => {
  if (!describeValue(item).endsWith("that cannot be read")) await features.createStream().predict([item]).next();
};
const piped = (input: never) => {
  const { readable, writable } = features.createTransform();
  void writable
    .getWriter()
    .write(input)
    .catch(() => {});
  return readable.getReader().read();
};

const inputs: Record<string, Place> = {
  "run, input": { name: /input/, call: (value) => features.run(value) },
  "run of indices, input": { name: /input/, call: (value) => text.run(value) },
  "push, input": { name: /input/, call: (value) => features.createStream().push(value) },
  "push of indices, input": { name: /input/, call: (value) => text.createStream().push(value) },
  "pushNamed, input": { name: /input/, call: (value) => features.createStream().pushNamed(value) },
  "a pipe, input": { name: /input/, call: piped },
  // An empty one has no inputs; of others the first item is refused.
  "predict, source": {
    takes: /^an array of 0$/,
    name: /predict|input/,
    call: (value) => features.createStream().predict(value).next(),
  },
  // Of an item of a loop the language itself asks whether it is a promise.
  "predict, item": { name: /input/, call: (value) => predictedItem(value), takes: /that cannot be read$/ },
  "restore, bytes": { name: /saved state/, call: (value) => features.createStream().restore(value) },
};

const options: Record<string, Place> = {
  "run, options": { name: /options/, call: (value) => features.run([1, 2], value), takes: AN_OBJECT },
  ...option("run", (value) => features.run([1, 2], value), {
    batchSize: /^$/,
    lengths: /^$/,
    returnSequences: /^true$/,
    returnState: /^true$/,
    initialState: /^an object$/,
    output: /^$/,
  }),
  "push, options": { name: /options/, call: (value) => features.createStream().push([1, 2], value), takes: AN_OBJECT },
  ...option("push", (value) => features.createStream().push([1, 2], value), { output: /^$/ }),
  "predict, options": { name: /options/, call: predicted, takes: AN_OBJECT },
  ...option("predict", predicted, { output: /^$/, signal: /^$/ }),
  "createStream, options": { name: /options/, call: (value) => features.createStream(value), takes: AN_OBJECT },
  ...option("createStream", (value) => features.createStream(value), {
    batchSize: /^$/,
    whenFull: /^$/,
    queueLimit: /^the number 9007199254740992$/,
    initialState: /^an object$/,
  }),
  ...option("createTransform", (value) => features.createTransform(value), { batchSize: /^$/ }),
  "generate, options": { name: /options|length|prompt/, call: (value) => first(text.generate(value)) },
  ...option("generate", (value) => first(text.generate({ prompt: [1], length: 2, ...value })), {
    prompt: /^$/,
    length: /^$/,
    temperature: /^the number (0\.5|9007199254740992)$/,
    topK: /^the number 9007199254740992$/,
    topP: /^the number 0\.5$/,
    seed: /^$/,
    streams: /^$/,
    tokensPerSubmit: /^the number 9007199254740992$/,
    initialState: /^an object$/,
  }),
  ...option("a block of initialState", (value) => features.run([1, 2], { initialState: value as never }), {
    "gru0.h": /^$/,
  }),
};

const networks: Record<string, Place> = {
  "defineNetwork, parts": { name: /network|layers/, call: (value) => defineNetwork(value) },
  ...option("defineNetwork", (value) => defineNetwork({ layers: [gru], ...value }), {
    layers: /^$/,
    outputs: /^$/,
    reversesInput: /^true$/,
    vocabulary: /^null$/,
    notes: /^an array of 0$/,
  }),
  "defineNetwork, a layer": { name: /layer/, call: (value) => defineNetwork({ layers: [value] }) },
  ...option("defineNetwork, embedding", (value) => defineNetwork({ layers: [{ ...embedding, ...value }] as never }), {
    type: /^$/,
    name: /the string "[^"]/,
    inputs: /^$/,
    storage: /^$/,
    numEmbeddings: /^$/,
    embeddingSize: /^$/,
    weight: /^$/,
    weightScale: /^null$/,
  }),
  ...option("defineNetwork, dense", (value) => defineNetwork({ layers: [{ ...dense, ...value }] as never }), {
    inputSize: /^$/,
    outputSize: /^$/,
    activation: /^$/,
    bias: /^null$/,
  }),
  ...option("defineNetwork, gru", (value) => defineNetwork({ layers: [{ ...gru, ...value }] as never }), {
    inputSize: /^$/,
    hiddenSize: /^$/,
    direction: /^$/,
    resetAfter: /^true$/,
    gateActivation: /^$/,
    newActivation: /^$/,
    clip: /^(null|the number (0\.5|9007199254740992))$/,
    returnSequences: /^true$/,
    recurrentWeight: /^$/,
    bias: /^null$/,
    recurrentBias: /^null$/,
    recurrentWeightScale: /^null$/,
  }),
  "createModel, network": { name: /network|layers/, call: (value) => createModel(value, { device: "cpu" }) },
  "writeSafetensors, network": { name: /network|layers/, call: (value) => writeSafetensors(value) },
  "writeSafetensors, options": {
    name: /options/,
    call: (value) => writeSafetensors(features.network, value),
    takes: AN_OBJECT,
  },
  ...option("writeSafetensors", (value) => writeSafetensors(features.network, value), { dtype: /^$/ }),
  "describeNetwork, network": { name: /network|layers/, call: (value) => describeNetwork(value) },
  textbookGru: { name: /textbookGru|inputSize/, call: (value) => textbookGru(value) },
  ...option("textbookGru", (value) => defineNetwork({ layers: [textbookGru({ ...textbook, ...value })] }), {
    name: /the string "[^"]/,
    inputs: /^$/,
    inputSize: /^$/,
    hiddenSize: /^$/,
    resetWeight: /^$/,
    updateWeight: /^$/,
    newWeight: /^$/,
    resetBias: /^$/,
    updateBias: /^$/,
    newBias: /^$/,
  }),
};

describe.each(Object.entries({ inputs, options, networks }))("values of other kinds: %s", (_, places) => {
  it.each(Object.entries(places))("%s", async (__, { name, call, takes = /^$/ }) => {
    const wrong: string[] = [];
    for (const { value, kind } of oddValues()) {
      const exact = describeValue(value);
      const verdict = await verdictOf(() => call(value as never), name, kind);
      // Of options with a member, that is told.
      const isRight = takes.test(exact) ? verdict === "taken" || exact === "an object" : verdict === "refused";
      if (!isRight) wrong.push(`${exact}: ${verdict}`);
    }
    expect(wrong.join("\n")).toBe("");
  });
});

it("names of what every object has are names like others", async () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    const network = defineNetwork({
      layers: [
        { ...gru, name },
        { ...dense, inputSize: 1, weight: new Float32Array(2) },
      ],
      outputs: ["d", name],
    });
    const model = await createModel(network, { device: "cpu" });
    const { outputs } = await model.run([1, 2]);
    expect(Object.keys(outputs)).toEqual(["d", name]);
    expect(Object.getOwnPropertyDescriptor(outputs, name)!.value).toBeInstanceOf(Float32Array);
    expect(Object.entries(model.outputSizes)).toEqual([
      ["d", 2],
      [name, 1],
    ]);
    expect(Object.keys(await model.createStream().pushNamed([1, 2]))).toEqual(["d", name]);
    expect(() => defineNetwork({ layers: [{ ...dense, activation: name as never }] })).toThrow(GruError);
    expect(() => model.createStream(JSON.parse(`{ "${name}": 1 }`))).toThrow(`got "${name}"`);
  }
});

it("an array is read once, and its copy is checked", async () => {
  let numReads = 0;
  const sly = {
    length: 1,
    get 0() {
      return numReads++ === 0 ? 3 : 1e9;
    },
  };
  const expected = (await text.run([3])).output;
  expect((await text.run(sly)).output).toEqual(expected);
  expect(numReads).toBe(1);
  numReads = 0;
  expect(await text.createStream().push(sly)).toEqual(expected);
  const lengths = {
    length: 1,
    get 0() {
      return numReads++ === 0 ? 1 : 1e9;
    },
  };
  numReads = 0;
  await features.run([1, 2], { lengths });
  expect(numReads).toBe(1);
});

it("a network is checked again when a model is made of it", async () => {
  const network = oneGru(1412, { inputSize: 2, hiddenSize: 2 } as never);
  (network.layers[0] as { hiddenSize: number }).hiddenSize = 1000;
  await expect(createModel(network, { device: "cpu" })).rejects.toBeInstanceOf(GruError);
  expect(() => writeSafetensors(network)).toThrow(GruError);
});

it("an embedding has no more rows than float32 has whole numbers", () => {
  const weight = new Float32Array(2 ** 24 + 1);
  const rows = (numEmbeddings: number) =>
    defineNetwork({
      layers: [
        { type: "embedding", name: "e", numEmbeddings, embeddingSize: 1, weight: weight.subarray(0, numEmbeddings) },
      ],
    });
  expect(rows(2 ** 24).layers).toHaveLength(1);
  expect(() => rows(2 ** 24 + 1)).toThrow(
    'layer "e": expected numEmbeddings to be a whole number from 1 to 16777216, as far as float32 holds indices exactly, got 16777217',
  );
});

/** The places of a function's options, each with the kinds that are right there. */
function option(
  subject: string,
  call: (options: object) => unknown,
  takes: Record<string, RegExp>,
): Record<string, Place> {
  return Object.fromEntries(
    Object.entries(takes).map(([key, right]) => [
      `${subject}, ${key}`,
      { name: namesOf(key), call: (value: never) => call({ [key]: value }), takes: right },
    ]),
  );
}

/** How a message names an option: of a size it may say the shape that comes of it. */
function namesOf(key: string): RegExp {
  if (key.endsWith("Size")) return new RegExp(`${key}|expected shape`);
  if (key === "output") return /output|topK/;
  return key === "streams" ? /streams|batchSize/ : new RegExp(key.replace(/s$/, ""));
}

/** `refused`, if by an error that says where and of which kind the value is, `taken`, or what is wrong with the error. */
async function verdictOf(call: () => unknown, name: RegExp, kind: RegExp): Promise<string> {
  try {
    await call();
    return "taken";
  } catch (error) {
    if (!(error instanceof GruError)) return `not a GruError: ${String(error)}`;
    if (!name.test(error.message)) return `names nothing: ${error.message}`;
    if (!kind.test(error.message) && !tellsMember(error.message, kind)) return `tells no kind: ${error.message}`;
    return error.message.length < 600 ? "refused" : "too long";
  }
}

/** Whether a message tells what is in a value instead, or how long it is. */
function tellsMember(message: string, kind: RegExp): boolean {
  if (message.includes("expected shape")) return true; // that comes of it
  if (!/an? (object|array|Map|Promise)/.test(kind.source)) return false;
  return / got (undefined|none|\[\]|\d+|null|the (string|number) .*|"length")$/.test(message);
}
