import type { Ort, OrtSession, OrtTensor } from "../contenders/onnxruntime.js";
import type { ModelFiles } from "./measureModel.js";
import type { RealModel } from "./realModel.js";

/** A model in ONNX Runtime, one thread, its states carried from call to call by hand, as its users do. */
export class OrtModel {
  readonly #ort: Ort;
  readonly #session: OrtSession;
  readonly #model: RealModel;
  /** Name of the output that gives each state, by the name of the input that takes it. */
  readonly #givers: ReadonlyMap<string, string>;
  readonly #initial: Readonly<Record<string, readonly number[]>>;
  readonly #constants: Readonly<Record<string, OrtTensor>>;
  #states: Record<string, OrtTensor> = {};

  private constructor(
    ort: Ort,
    session: OrtSession,
    model: RealModel,
    initial: Readonly<Record<string, readonly number[]>>,
  ) {
    this.#ort = ort;
    this.#session = session;
    this.#model = model;
    this.#initial = initial;
    const { states = {}, constants = {}, input } = model;
    const given = Object.fromEntries(Object.entries(states).map(([giver, taker]) => [taker, giver]));
    const takers = session.inputNames.filter((name) => name !== input && !(name in constants));
    this.#givers = new Map(takers.map((name) => [name, given[name] ?? `${name}_out`]));
    this.#constants = Object.fromEntries(
      Object.entries(constants).map(([name, value]) => [
        name,
        new ort.Tensor("int64", BigInt64Array.of(BigInt(value)), []),
      ]),
    );
    this.reset();
  }

  static async create(ort: Ort, provider: "cpu" | "wasm", model: RealModel, files: ModelFiles): Promise<OrtModel> {
    const options = { executionProviders: [provider], intraOpNumThreads: 1, interOpNumThreads: 1 };
    const session = await ort.InferenceSession.create(await files(model.ortFile ?? model.file), options);
    const { statesFile } = model;
    const initial = statesFile === undefined ? {} : JSON.parse(new TextDecoder().decode(await files(statesFile)));
    return new OrtModel(ort, session, model, initial);
  }

  /** Begins again. */
  reset(): void {
    const { Tensor } = this.#ort;
    for (const [name, giver] of this.#givers) {
      const shape = shapeOf(this.#session, name, giver);
      const length = shape.reduce((product, size) => product * size, 1);
      this.#states[name] = new Tensor(
        "float32",
        Float32Array.from(this.#initial[name] ?? new Float32Array(length)),
        shape,
      );
    }
  }

  /** One frame, or a whole sequence. @returns the outputs that are no states, by name */
  async run(values: Float32Array): Promise<Record<string, Float32Array>> {
    const { input, inputShape } = this.#model;
    const x = new this.#ort.Tensor("float32", values, inputShape);
    const results = await this.#session.run({ [input]: x, ...this.#constants, ...this.#states });
    const outputs: Record<string, Float32Array> = {};
    const givers = new Map([...this.#givers].map(([taker, giver]) => [giver, taker]));
    for (const [name, tensor] of Object.entries(results)) {
      const taker = givers.get(name);
      if (taker === undefined) outputs[name] = tensor.data.slice(); // the next call may write there again
      else this.#states[taker] = tensor;
    }
    return outputs;
  }

  /** The states at present, by the names of the outputs that gave them. */
  get states(): Record<string, Float32Array> {
    return Object.fromEntries([...this.#givers].map(([name, giver]) => [giver, this.#states[name]!.data]));
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** Shape of a state, its open axes 1. */
function shapeOf({ inputNames, inputMetadata }: OrtSession, name: string, giver: string): number[] {
  const metadata = inputMetadata[inputNames.indexOf(name)];
  if (!metadata?.isTensor) throw new Error(`${name}, given by ${giver}: expected a tensor with a shape, got none`);
  return metadata.shape.map((size) => (isSize(size) ? size : 1));
}

/** onnxruntime-web gives an open axis as 2^32 - 1. */
function isSize(size: number | string): size is number {
  return typeof size === "number" && size > 0 && size < 2 ** 31;
}
