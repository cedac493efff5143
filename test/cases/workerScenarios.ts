// Every use of a model, written once: a model on the page and one in a worker must tell the same story.

import { GruError, type GruModel, type Network } from "webgru";
import type { WorkerModel } from "webgru/worker";
import { randomInput } from "./random.js";

export type AnyModel = GruModel | WorkerModel;

/** One use of a model, to its end: numbers, and errors by code and message. */
type Scenario = (model: AnyModel, network: Network) => Promise<unknown>;

/** For models of features, with three inputs. */
export const featureScenarios = {
  async facts(model) {
    const { device, deviceName, deviceReason, inputSize, outputSize, outputNames, outputSizes, vocabulary, notes } =
      model;
    const facts = {
      device,
      deviceName,
      deviceReason,
      inputSize,
      outputSize,
      outputNames,
      outputSizes,
      stateShapes: model.stateShapes,
      vocabulary,
      notes,
    };
    return [facts, await model.explain()];
  },

  async runs(model, network) {
    const input = randomInput(network, 12, 1);
    const first = await model.run(input, { batchSize: 2, lengths: [6, 3] });
    return [
      first,
      await model.run([...input], { batchSize: 2, lengths: new Uint8Array([6, 3]) }),
      await model.run(input, { batchSize: 2, initialState: first.finalState, returnSequences: false }),
      await model.run(Float64Array.from(input, (value) => value + 1e-9)),
      first.output === first.outputs[model.outputNames[0]!],
    ];
  },

  async "streams that overlap"(model, network) {
    const streams = [model.createStream(), model.createStream({ batchSize: 2 }), model.createStream()];
    const results: Promise<unknown>[] = [];
    for (let step = 0; step < 6; step++) {
      streams.forEach((stream, i) => results.push(stream.push(randomInput(network, stream.batchSize, 10 * step + i))));
      if (step === 3) results.push(streams[0]!.reset());
    }
    return Promise.all(results);
  },

  async "a long push beside short ones"(model, network) {
    const [long, short] = [model.createStream(), model.createStream()];
    const pushes = [long.push(randomInput(network, 70, 2))];
    for (let step = 0; step < 5; step++) pushes.push(short.push(randomInput(network, 1, 3 + step)));
    return Promise.all(pushes);
  },

  async "save, restore and fork"(model, network) {
    const [stream, other] = [model.createStream(), model.createStream()];
    await stream.push(randomInput(network, 3, 4));
    const bytes = await stream.save();
    const forking = stream.fork();
    const after = stream.push(randomInput(network, 1, 5));
    await other.restore(bytes);
    const fork = await forking;
    const [a, b] = await Promise.all([fork, other].map((each) => each.push(randomInput(network, 1, 5))));
    await fork.reset();
    return [bytes, await after, a, b, await fork.pushNamed(randomInput(network, 1, 6)), await other.save()];
  },

  async "states by name"(model, network) {
    const input = randomInput(network, 6, 12);
    const { finalStates } = await model.run(input, { batchSize: 2 });
    const plain = Object.fromEntries(Object.entries(finalStates).map(([name, values]) => [name, [...values]]));
    const { "second.h": second } = finalStates;
    const streams = [
      model.createStream({ batchSize: 2, initialState: finalStates }),
      model.createStream({ batchSize: 2, initialState: { "second.h": second! } }),
      model.createStream({ batchSize: 2, initialState: { "second.h": second!.subarray(0, second!.length / 2) } }),
    ];
    second!.fill(0); // each call has taken what it needs
    const outputs = await Promise.all(streams.map((stream) => stream.push(input)));
    const states = await Promise.all(streams.map((stream) => stream.state()));
    const run = await model.run(input, { batchSize: 2, initialState: plain });
    await streams[0]!.reset();
    return [finalStates, outputs, states, run, await streams[0]!.state(), await (await streams[1]!.fork()).state()];
  },

  async "what is read back"(model, network) {
    const [stream, other] = [model.createStream(), model.createStream()];
    const input = randomInput(network, 3, 11);
    const pushes = [
      stream.push(input, { output: "none" }),
      other.push(input),
      stream.push(input, { output: { topK: 2 } }),
    ];
    const outputs: unknown[] = await Promise.all(pushes);
    for await (const highest of stream.predict([input], { output: { topK: 1 } })) outputs.push(highest);
    return [
      outputs,
      await model.run(input, { output: { topK: 3 } }),
      await model.run(input, { output: "none" }),
      await told(model.run(input, { output: { topK: 99 } })),
      await told(stream.push(input, { output: "some" } as never)),
      await told(stream.push(input, { outputs: "all" } as never)),
    ];
  },

  async predict(model, network) {
    const stream = model.createStream();
    const outputs: unknown[] = [];
    for await (const output of stream.predict([1, 2, 3].map((seed) => randomInput(network, 1, seed))))
      outputs.push(output);
    const controller = new AbortController();
    const aborted = async () => {
      const endless = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
      setTimeout(() => controller.abort("enough"), 5);
      for await (const output of stream.predict(endless, { signal: controller.signal })) outputs.push(output);
    };
    outputs.push(await told(aborted()));
    return [outputs, await stream.push(randomInput(network, 1, 7))];
  },

  async "a transform"(model, network) {
    const chunks = new ReadableStream<Float32Array>({
      start(controller) {
        for (let seed = 0; seed < 4; seed++) controller.enqueue(randomInput(network, 1 + seed, seed));
        controller.close();
      },
    });
    const outputs: Float32Array[] = [];
    const reader = chunks.pipeThrough(model.createTransform()).getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) outputs.push(next.value);
    return outputs;
  },

  async refusals(model, network) {
    const stream = model.createStream();
    await stream.push(randomInput(network, 2, 8));
    const before = await stream.save();
    const bad: (() => Promise<unknown>)[] = [
      () => model.run([1, 2]),
      () => model.run([1, NaN, 2]),
      () => model.run([1, [2], 3] as never),
      () => model.run([1, , 3] as never), // oxlint-disable-line no-sparse-arrays -- a hole is what it is about
      () => model.run("abc" as never),
      () => model.run(null as never),
      () => model.run([1, 2, 3], { batchSize: 0 }),
      () => model.run([1, 2, 3], { lengths: [2] }),
      () => model.run([1, 2, 3], { initialState: [1] }),
      () => model.run([1, 2, 3], { initialState: { "first.h": [1] } }),
      () => model.run([1, 2, 3], { initialState: { first: [1] } }),
      async () => model.createStream({ initialState: { "first.h": [1, 2, 3, NaN, 4, 5] } }).push([1, 2, 3]),
      async () => model.createStream({ initialState: { "first.h": "abcdef" } } as never).push([1, 2, 3]),
      () => model.run([1, 2, 3], { returnSequence: false } as never),
      () => stream.push([]),
      () => stream.push(new Float32Array()),
      () => stream.push([1, 2, Infinity]),
      () => stream.push(1 as never),
      () => stream.pushNamed(["a", 2, 3] as never),
      () => stream.restore(new Uint8Array(3)),
      () => stream.restore(before.subarray(1)),
      () => stream.restore(before.slice(0, -4)),
      async () => model.createStream({ batchSize: 1.5 }).push([1, 2, 3]),
      async () => model.createStream({ whenFull: "never" } as never).push([1, 2, 3]),
      async () => model.createStream({ batch: 2 } as never).save(),
      async () => model.generate({ prompt: [1], length: 3 }).next(),
      async () => model.generate({ prompt: [], length: 3, speed: 1 } as never).next(),
    ];
    const errors: unknown[] = [];
    for (const call of bad) errors.push(await told(call()));
    const after = await stream.save();
    return [errors, after.join() === before.join(), await stream.push(randomInput(network, 1, 9))];
  },

  async "pushes that give way"(model, network) {
    const stream = model.createStream({ whenFull: "latest", queueLimit: 2 });
    const pushes = Array.from({ length: 6 }, (_, seed) => told(stream.push(randomInput(network, 1, seed))));
    return [await Promise.all(pushes), stream.numDropped];
  },

  async "a stream's end"(model, network) {
    const stream = model.createStream();
    await stream.push(randomInput(network, 1, 1));
    const waiting = told(stream.push(randomInput(network, 1, 2)));
    stream.dispose();
    stream.dispose();
    const calls = [
      () => stream.push([1, 2, 3]),
      () => stream.reset(),
      () => stream.state(),
      () => stream.save(),
      () => stream.fork(),
      () => stream.restore(new Uint8Array()),
    ];
    return Promise.all([waiting, ...calls.map((call) => told(call()))]);
  },

  async "a model's end"(model, network) {
    const stream = model.createStream();
    await stream.push(randomInput(network, 1, 3)); // has its memory and kernels
    const run = model.run(randomInput(network, 400, 1));
    const push = told(stream.push(randomInput(network, 1, 2)));
    await new Promise((resolve) => setTimeout(resolve));
    model.dispose();
    model.dispose();
    const after = await told(model.run([1, 2, 3]));
    const pushed = await push; // its numbers where it was submitted in time
    const hasEnded = pushed instanceof Float32Array || (pushed as { code: string }).code === "disposed";
    return [await run, hasEnded, after, ((await told(stream.push([1, 2, 3]))) as { code: string }).code];
  },
} satisfies Record<string, Scenario>;

/** For models that write text. */
export const textScenarios = {
  async generate(model) {
    const texts: number[][] = [];
    for (const request of [{ seed: 3 }, { temperature: 0 }, { topK: 3, streams: 3, temperature: 0.7, seed: 0 }]) {
      const tokens: number[] = [];
      for await (const token of model.generate({ prompt: [1, 2, 3], length: 70, ...request })) tokens.push(...token);
      texts.push(tokens);
    }
    const { finalStates } = await model.run([1, 2, 3]);
    for await (const token of model.generate({
      prompt: [4],
      length: 5,
      streams: 2,
      seed: 0,
      initialState: finalStates,
    })) {
      texts.push([...token]);
    }
    for await (const token of model.generate({ prompt: Uint8Array.of(4), length: 1000, seed: 0 })) {
      if (texts.push([...token]) === 14) break;
    }
    const stopped = model.generate({ prompt: [4], length: 1000, seed: 5, stop: texts[0]![3]! });
    for await (const token of stopped) texts.push([...token]);
    return [texts, stopped.seed];
  },

  async refusals(model) {
    const bad = [{ prompt: [] }, { prompt: [99] }, { length: 0 }, { seed: -1 }, { temperature: NaN }, { topK: 0 }];
    return Promise.all(
      bad.map((request) => told(attempt(() => model.generate({ prompt: [1], length: 3, ...request }).next()))),
    );
  },

  async "an end while a text is written"(model) {
    const tokens = model.generate({ prompt: [1], length: 100, seed: 0 });
    const first = await tokens.next();
    model.dispose();
    return [first, await told(tokens.next())];
  },
} satisfies Record<string, Scenario>;

/** For a model with strides along time. */
export const strideScenarios = {
  async steps(model) {
    return [model.framesPerStep, await Promise.all([1, 7, 12].map((numSteps) => model.outputSteps(numSteps)))];
  },

  async "runs and pushes"(model, network) {
    const frames = model.framesPerStep;
    const stream = model.createStream();
    const pushes = [1, 3].map((steps) => stream.push(randomInput(network, frames * steps, steps)));
    return [
      await model.run(randomInput(network, 22, 7), { batchSize: 2, lengths: [11, 5] }),
      ...(await Promise.all(pushes)),
      await told(stream.push(randomInput(network, frames + 1, 4))),
    ];
  },
} satisfies Record<string, Scenario>;

/** For a model with a reverse layer. */
export const reverseScenarios = {
  async refusals(model) {
    return Promise.all([
      told(attempt(() => model.createStream().push([1, 2, 3]))),
      told(attempt(() => firstThrough(model.createTransform()))),
    ]);
  },
} satisfies Record<string, Scenario>;

/** The scenario's story as text: every number to its last bit, every array with its type. */
export async function tell(scenario: Scenario, model: AnyModel, network: Network): Promise<string> {
  const story = await scenario(model, network);
  return JSON.stringify(story, (_, value) =>
    ArrayBuffer.isView(value)
      ? [
          value.constructor.name,
          ...Array.from(value as Float32Array, (number) => (Object.is(number, -0) ? "-0" : String(number))),
        ]
      : value,
  );
}

/** The result of a call, or the error that it ends with. */
async function told(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error: unknown) =>
    error instanceof GruError ? { code: error.code, message: error.message } : { error: String(error) },
  );
}

/** A call that may throw at once where another rejects. */
async function attempt<T>(call: () => Promise<T>): Promise<T> {
  return call();
}

/** The output of a pipe for one step. */
async function firstThrough({ readable, writable }: ReturnType<AnyModel["createTransform"]>): Promise<unknown> {
  writable
    .getWriter()
    .write([1, 2, 3])
    .catch(() => {});
  return readable.getReader().read();
}
