// The outputs that are read back where a caller asks for less than every output. Runs in Node and in the page, on either device.

import { createModel, defineNetwork, type DeviceRequest, type GruModel, type OutputRequest, type TopK } from "webgru";
import { highestOf, isHighestOf } from "./highest.js";
import { oneGru, randomDense, randomGru, randomInput, randomTextModel, uniform } from "./random.js";

/** The answer, and the right one. */
interface Outcome {
  readonly actual: unknown;
  readonly expected: unknown;
}

type Check = (device: DeviceRequest) => Promise<Outcome>;

/** By names that finish the sentence "it ...". */
export const outputChecks = {
  "gives the highest of each step and row of a push, exactly those of the whole output": (device) =>
    withModel(device, async (model) => {
      const faults: string[] = [];
      for (const topK of [1, 5, 23]) {
        for (const [batchSize, numSteps] of [
          [1, 1],
          [1, 7],
          [3, 4],
        ] as const) {
          const request = { outputSize: model.outputSize, topK, batchSize };
          const [whole, some] = [0, 1].map(() => model.createStream({ batchSize }));
          for (let i = 0; i < 3; i++) {
            const input = randomInput(model.network, numSteps * batchSize, 150 + i);
            const output = await whole!.push(input);
            const highest = await some!.push(input, { output: { topK } });
            if (!isHighestOf(highest, output, request)) faults.push(`topK ${topK}, B=${batchSize}, push ${i}`);
          }
        }
      }
      return { actual: faults, expected: [] };
    }),

  "gives the highest of each step and row of a run": (device) =>
    withModel(device, async (model) => {
      const input = randomInput(model.network, 3 * 90, 153); // more steps than the CPU has in a chunk
      const faults: string[] = [];
      for (const returnSequences of [true, false]) {
        const options = { batchSize: 3, lengths: [90, 0, 70], returnSequences };
        const whole = await model.run(input, options);
        const some = await model.run(input, { ...options, output: { topK: 4 } });
        const request = { ...options, topK: 4, outputSize: model.outputSize };
        if (!isHighestOf(some.output, whole.output, request)) faults.push(`returnSequences ${returnSequences}`);
        if (some.finalState.join() !== whole.finalState.join()) faults.push("finalState");
        if (Object.keys(some.outputs).length > 0) faults.push("outputs");
      }
      return { actual: faults, expected: [] };
    }),

  "gives a run's outputs without its final state, and leaves none behind": (device) =>
    withModel(device, async (model) => {
      const input = randomInput(model.network, 2 * 40, 157);
      const whole = await model.run(input, { batchSize: 2 });
      const lean = await model.run(input, { batchSize: 2, returnState: false });
      const again = await model.run(input, { batchSize: 2 });
      return {
        actual: [lean.output.join(), lean.finalState.length, again.finalState.join()],
        expected: [whole.output.join(), 0, whole.finalState.join()],
      };
    }),

  "gives the argmax as the one highest": (device) =>
    withModel(device, async (model) => {
      const output = await model.createStream().push([3]);
      const { indices, values } = await model.createStream().push([3], { output: { topK: 1 } });
      const largest = Math.max(...output);
      return { actual: [[...indices], [...values]], expected: [[output.indexOf(largest)], [largest]] };
    }),

  "gives after pushes that read nothing what a run of all steps gives": (device) =>
    withModel(device, async (model) => {
      const input = randomInput(model.network, 3 * 20, 154);
      const whole = await model.run(input, { batchSize: 3 });
      const stream = model.createStream({ batchSize: 3 });
      const nothing = [
        await stream.push(input.slice(0, 3 * 8), { output: "none" }),
        ...(await Promise.all([8, 9, 10].map((step) => stream.push(input.slice(3 * step, 3 * step + 3), NONE)))),
      ];
      const output = await stream.push(input.slice(3 * 11));
      const tail = whole.output.slice(3 * 11 * model.outputSize);
      return {
        actual: [nothing, isNear(output, tail)],
        expected: [[undefined, undefined, undefined, undefined], true],
      };
    }),

  "runs for the state alone": (device) =>
    withModel(device, async (model) => {
      const input = randomInput(model.network, 3 * 70, 155);
      const options = { batchSize: 3, lengths: [70, 3, 0] };
      const { finalState } = await model.run(input, options);
      const none = await model.run(input, { ...options, output: "none" });
      return {
        actual: [none.output, none.outputs, none.finalState.join()],
        expected: [undefined, {}, finalState.join()],
      };
    }),

  "keeps pushes that read nothing in their turn among resets, saves and others": (device) =>
    withModel(device, async (model) => {
      const [first, second] = [156, 157].map((seed) => randomInput(model.network, 2, seed));
      const plain = model.createStream();
      await plain.push(first!);
      const afterFirst = await plain.save();
      await plain.reset();
      await plain.push(second!);
      const afterSecond = await plain.save();
      const expected = await plain.push(first!);
      const stream = model.createStream();
      const [, saved, , , fork, , savedAgain, output] = await Promise.all([
        stream.push(first!, NONE),
        stream.save(),
        stream.reset(),
        stream.push(second!, NONE),
        stream.fork(),
        stream.push(second!, NONE),
        stream.save(),
        stream.push(first!),
      ]);
      const ofFork = [await fork.save(), await fork.push(first!)];
      await plain.restore(afterSecond);
      await plain.push(second!);
      return {
        actual: [saved, savedAgain, output, ...ofFork].map(String),
        expected: [afterFirst, await plain.save(), await plain.push(first!), afterSecond, expected].map(String),
      };
    }),

  "gives each its own where streams ask for different things at once": (device) =>
    withModel(device, async (model) => {
      const wanted: [OutputRequest, batchSize: number, numSteps: number][] = [
        ["all", 1, 1],
        ["none", 2, 3],
        [{ topK: 1 }, 1, 2],
        [{ topK: 5 }, 3, 1],
        [{ topK: 3 }, 2, 40],
        ["all", 2, 4],
      ];
      const open = () => wanted.map(([, batchSize]) => model.createStream({ batchSize }));
      const pushTo = (streams: ReturnType<typeof open>, i: number, round: number) => {
        const [output, batchSize, numSteps] = wanted[i]!;
        return streams[i]!.push(randomInput(model.network, batchSize * numSteps, 160 + 10 * i + round), { output });
      };
      const [together, alone] = [open(), open()];
      const faults: string[] = [];
      for (let round = 0; round < 3; round++) {
        const outputs = await Promise.all(wanted.map((_, i) => pushTo(together, i, round)));
        for (const [i, output] of outputs.entries()) {
          if (!isNear(output, await pushTo(alone, i, round))) faults.push(`stream ${i}, round ${round}`);
        }
      }
      return { actual: faults, expected: [] };
    }),

  "predicts what is asked for": (device) =>
    withModel(device, async (model) => {
      const stream = model.createStream();
      const actual: number[] = [];
      for await (const { indices } of stream.predict([[1], [2, 3]], { output: { topK: 2 } })) actual.push(...indices);
      const { output } = await model.run([1, 2, 3]);
      return {
        actual,
        expected: [...highestOf(output, { outputSize: model.outputSize, topK: 2, batchSize: 1 }).indices],
      };
    }),

  "gives one set of the highest where the last layer gives one step": async (device) => {
    const network = oneGru(158, { inputSize: 2, hiddenSize: 6, returnSequences: false });
    const model = await createModel(network, { device });
    const input = randomInput(network, 2 * 9, 159);
    const output = await model.createStream({ batchSize: 2 }).push(input);
    const highest = await model.createStream({ batchSize: 2 }).push(input, { output: { topK: 2 } });
    model.dispose();
    const { indices, values } = highestOf(output, { outputSize: 6, topK: 2, batchSize: 2 });
    return { actual: show(highest), expected: show({ indices, values: Float32Array.from(values) }) };
  },

  "puts NaN first, and takes minus zero for zero": async (device) => {
    const model = await createModel(specialHead(), { device });
    const output = [...(await model.run([10, 10])).output];
    const highest = await model.run([10, 10], { output: { topK: output.length } });
    model.dispose();
    // The CPU adds up in float64, where nothing overflows on the way.
    const isSpecial = [Object.is(output[0], -0), Number.isNaN(output[3]) || device === "cpu", output[6] === Infinity];
    const compareScores = (i: number, j: number) =>
      Number(isAbove(output[j]!, output[i]!)) - Number(isAbove(output[i]!, output[j]!)) || i - j;
    const order = [...output.keys()].sort(compareScores);
    const values = order.map((i) => output[i]!);
    return {
      actual: [isSpecial, [...highest.output.indices], [...highest.output.values]],
      expected: [[true, true, true], order, values],
    };
  },

  "refuses what it cannot give, with the state as it was": (device) =>
    withModel(device, async (model) => {
      const refuse = async (output: unknown) => {
        const stream = model.createStream();
        await stream.push([3]);
        const before = String(await stream.save());
        const push = await stream.push([4], { output: output as "all" }).catch(String);
        const run = await model.run([4], { output: output as "all" }).catch(String);
        return [push, run, String(await stream.save()) === before];
      };
      const outOfRange = (got: unknown) => same(`GruError: topK: expected a whole number from 1 to 23, got ${got}`);
      const unknown = (got: string) => same(`GruError: output: expected "all", "none" or { topK }, got ${got}`);
      return {
        actual: [
          await refuse({ topK: 0 }),
          await refuse({ topK: 24 }),
          await refuse({ topK: 1.5 }),
          await refuse({ topK: NaN }),
          await refuse({}),
          await refuse({ topk: 5 }),
          await refuse("some"),
          await refuse(5),
          await refuse(null),
        ],
        expected: [
          outOfRange(0),
          outOfRange(24),
          outOfRange(1.5),
          outOfRange(NaN),
          outOfRange(undefined),
          same('GruError: output: expected topK, got "topk"'),
          unknown('the string "some"'),
          unknown("the number 5"),
          unknown("null"),
        ],
      };
    }),

  "refuses more of the highest than are worth a search": async (device) => {
    const model = await createModel(fixedHead(Array.from({ length: 2000 }, (_, i) => i)), { device });
    const { output } = await model.run([1], { output: { topK: 1024 } });
    const message = await model.run([1], { output: { topK: 1025 } }).catch(String);
    model.dispose();
    return {
      actual: [output.indices[0], output.indices[1023], message],
      expected: [1999, 976, "GruError: topK: expected a whole number from 1 to 1024, got 1025"],
    };
  },
} satisfies Record<string, Check>;

export type OutputCheck = keyof typeof outputChecks;

export const outputCheckNames = Object.keys(outputChecks) as OutputCheck[];

const NONE = { output: "none" } as const;

/** A text model of 23 words. */
async function withModel(device: DeviceRequest, check: (model: GruModel) => Promise<Outcome>): Promise<Outcome> {
  const model = await createModel(randomTextModel(151, 23), { device });
  const outcome = await check(model);
  model.dispose();
  return outcome;
}

/** One feature in; the scores as they are, whatever it is. */
function fixedHead(scores: readonly number[]) {
  const next = uniform(152);
  const head = randomDense("head", ["gru"], [2, scores.length], "linear", next);
  return defineNetwork({
    layers: [
      randomGru("gru", ["input"], { inputSize: 1, hiddenSize: 2 }, next),
      { ...head, weight: head.weight.map(() => 0), bias: Float32Array.from(scores) },
    ],
  });
}

/** Gives minus zero, zero, numbers, NaN and infinities for two features of 10. */
function specialHead() {
  const next = uniform(161);
  const F = 3e38;
  const weight = [
    [-1e-20, 0], // times alpha, minus zero
    [0, 0],
    [-1e-20, 0],
    [F, -F], // NaN
    [1e-3, 0],
    [-1, 0],
    [F, 0], // infinity
    [-F, 0],
    [-F, F],
    [0, 1e-3],
  ].flat();
  const activation = { name: "leakyRelu", alpha: 1e-38 } as const;
  const head = randomDense("head", ["input"], [2, weight.length / 2], activation, next);
  return defineNetwork({
    layers: [
      randomGru("gru", ["input"], { inputSize: 2, hiddenSize: 2 }, next),
      { ...head, weight: Float32Array.from(weight), bias: head.bias!.map(() => 0) },
    ],
    outputs: ["head"],
  });
}

/** NaN is above all numbers. */
function isAbove(x: number, y: number): boolean {
  return x > y || (Number.isNaN(x) && !Number.isNaN(y));
}

/** Requests that a push and a run must refuse, in which words; the state stays the same. */
function same(message: string): unknown[] {
  return [message, message, true];
}

function show(output: Float32Array | TopK | undefined): string {
  if (output === undefined || output instanceof Float32Array) return String(output);
  return `${output.indices.join()} ${output.values.join()}`;
}

/** Rows that are stepped together, and long chunks, may have their sums in another order. */
const MAX_DISTANCE = 1e-6;

/** Whether what came is what came elsewhere, but for the order of sums. */
function isNear(a: Float32Array | TopK | undefined, b: Float32Array | TopK | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (!(a instanceof Float32Array) && !(b instanceof Float32Array)) {
    return a.indices.join() === b.indices.join() && isNear(a.values, b.values);
  }
  const [values, others] = [a as Float32Array, b as Float32Array];
  return values.length === others.length && values.every((value, i) => Math.abs(value - others[i]!) <= MAX_DISTANCE);
}
