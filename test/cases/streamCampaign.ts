// Many streams of one model that come, push, part and go at random, each beside a float64 reference that carries its own
// state. Runs in Node and in the page.

import { createModel, defineNetwork, GruError, type GruModel, type GruStream, type Network } from "webgru";
import { stateLength } from "../../src/model/network.js";
import { runReference } from "../harness/reference/runReference.js";
import { compare } from "../harness/compare.js";
import { randomArray, randomDense, randomGru, uniform } from "./random.js";

/** Streams run for a thousand steps, and errors do not add up: old states are forgotten. */
const TOLERANCE = { atol: 2e-6, rtol: 0 };

/** Events of a stream in a tick besides pushes, and how often they come. */
const EVENTS = { reset: 0.01, save: 0.005, fork: 0.005, leave: 0.01 } as const;

/** Failures that are told; one is enough to fail. */
const MAX_FAILURES = 5;

export interface CampaignRequest {
  readonly device: "webgpu" | "cpu";
  readonly seed: number;
  /** Streams at the start, and about as many from then on. */
  readonly numStreams: number;
  readonly numTicks: number;
  /** How likely a stream is to push in a tick. */
  readonly pushProbability: number;
}

export interface CampaignSummary {
  numPushes: number;
  /** Row steps: steps of each push times its rows. */
  numSteps: number;
  numResets: number;
  numRestores: number;
  numForks: number;
  numJoined: number;
  numLeft: number;
  /** Pushes that waited when their stream left. */
  numRefused: number;
  largestPopulation: number;
  maxError: number;
  seconds: number;
  readonly failures: string[];
}

/** A stream, and what its state should be. */
interface Member {
  readonly name: number;
  readonly stream: GruStream;
  /** [D, B, H] of each layer, after the calls made so far */
  state: Float64Array;
  hasLeft: boolean;
}

/** Two GRU layers, reset after and reset before, at sizes that are no multiple of four, and a softmax head. */
export function campaignNetwork(seed: number): Network {
  const next = uniform(seed);
  return defineNetwork({
    layers: [
      randomGru("after", ["input"], { inputSize: 3, hiddenSize: 8 }, next),
      randomGru("before", ["after"], { inputSize: 8, hiddenSize: 7, resetAfter: false }, next),
      randomDense("head", ["before", "input"], [10, 5], "softmax", next),
    ],
  });
}

/** Runs a campaign to its end, whatever fails on the way. */
export async function runCampaign(request: CampaignRequest): Promise<CampaignSummary> {
  const network = campaignNetwork(request.seed);
  const model = await createModel(network, { device: request.device });
  try {
    return await new Campaign(network, model, request).run();
  } finally {
    model.dispose();
  }
}

class Campaign {
  readonly #network: Network;
  readonly #model: GruModel;
  readonly #request: CampaignRequest;
  readonly #next: () => number;
  #members: Member[] = [];
  /** Pushes and resets that have not settled. */
  readonly #open = new Set<Promise<void>>();
  /** Streams on their way to be members. */
  #arrivals: Promise<Member>[] = [];
  #numNamed = 0;
  readonly #summary: CampaignSummary = {
    numPushes: 0,
    numSteps: 0,
    numResets: 0,
    numRestores: 0,
    numForks: 0,
    numJoined: 0,
    numLeft: 0,
    numRefused: 0,
    largestPopulation: 0,
    maxError: 0,
    seconds: 0,
    failures: [],
  };

  constructor(network: Network, model: GruModel, request: CampaignRequest) {
    this.#network = network;
    this.#model = model;
    this.#request = request;
    this.#next = uniform(request.seed + 1);
  }

  async run(): Promise<CampaignSummary> {
    const { numStreams, numTicks } = this.#request;
    const summary = this.#summary;
    const start = performance.now();
    while (this.#members.length < numStreams) this.#join();
    for (let tick = 0; tick < numTicks; tick++) {
      for (const member of this.#members) this.#act(member);
      this.#members = this.#members.filter(({ hasLeft }) => !hasLeft);
      while (this.#members.length < numStreams && this.#next() < 0.7) this.#join();
      this.#members.push(...(await Promise.all(this.#arrivals.splice(0))));
      summary.largestPopulation = Math.max(summary.largestPopulation, this.#members.length);
      // Now and then all is quiet; mostly pushes of several ticks are under way at once.
      if (this.#next() < 0.3) await Promise.all(this.#open);
      else await Promise.resolve();
    }
    await Promise.all(this.#open);
    summary.seconds = (performance.now() - start) / 1000;
    return summary;
  }

  #act(member: Member): void {
    const pushes = this.#next() < this.#request.pushProbability;
    const isFirst = this.#next() < 0.5; // or after what else it does, without waiting for that
    if (pushes && isFirst) this.#push(member);
    this.#draw(member);
    if (pushes && !isFirst && !member.hasLeft) this.#push(member);
  }

  /** Resets, saves, forks or disposes a stream, or mostly leaves it as it is. */
  #draw(member: Member): void {
    const event = this.#drawEvent();
    const hasRoom = this.#members.length < 1.2 * this.#request.numStreams;
    if (event === "reset") this.#reset(member);
    else if (event === "save" && hasRoom) this.#arrivals.push(this.#moveTo(member));
    else if (event === "fork" && hasRoom) this.#arrivals.push(this.#fork(member));
    else if (event === "leave") this.#leave(member);
  }

  #drawEvent(): string | undefined {
    let rest = this.#next();
    return Object.entries(EVENTS).find(([, probability]) => (rest -= probability) < 0)?.[0];
  }

  #push(member: Member): void {
    const { stream, name } = member;
    const { batchSize } = stream;
    const numSteps = this.#next() < 0.85 ? 1 : 2 + Math.floor(4 * this.#next());
    const input = randomArray(numSteps * batchSize * this.#network.inputSize, this.#next);
    const expected = runReference(this.#network, { input, batchSize, initialState: member.state });
    member.state = expected.finalState;
    this.#summary.numPushes++;
    this.#summary.numSteps += numSteps * batchSize;
    this.#follow(member, async () => this.#check(`stream ${name}`, await stream.push(input), expected.output));
  }

  #check(what: string, actual: Float32Array, expected: Float64Array): void {
    const { isClose, maxError, worst } = compare(actual, expected, TOLERANCE);
    if (!(maxError <= this.#summary.maxError)) this.#summary.maxError = maxError;
    if (!isClose) this.#fail(`${what}: ${worst}`);
  }

  #reset(member: Member): void {
    member.state = new Float64Array(member.state.length);
    this.#summary.numResets++;
    this.#follow(member, () => member.stream.reset());
  }

  /** A new stream that goes on from another's saved state. */
  async #moveTo({ stream, state }: Member): Promise<Member> {
    this.#summary.numRestores++;
    const bytes = await stream.save();
    const heir = this.#model.createStream({ batchSize: stream.batchSize });
    void heir.push(randomArray(stream.batchSize * this.#network.inputSize, uniform(1))); // forgotten by the restore
    await heir.restore(bytes);
    return this.#member(heir, state);
  }

  async #fork({ stream, state }: Member): Promise<Member> {
    this.#summary.numForks++;
    return this.#member(await stream.fork(), state);
  }

  #leave(member: Member): void {
    member.hasLeft = true;
    member.stream.dispose();
    this.#summary.numLeft++;
  }

  #join(): void {
    const batchSize = this.#next() < 0.9 ? 1 : 3;
    const state = new Float64Array(stateLength(this.#network, batchSize));
    this.#members.push(this.#member(this.#model.createStream({ batchSize }), state));
    this.#summary.numJoined++;
  }

  #member(stream: GruStream, state: Float64Array): Member {
    return { name: this.#numNamed++, stream, state, hasLeft: false };
  }

  /** Notes how a call ends: well, or refused because its stream has left. */
  #follow(member: Member, call: () => Promise<void>): void {
    const settled = call().catch((error: unknown) => {
      if (member.hasLeft && error instanceof GruError && error.code === "disposed") this.#summary.numRefused++;
      else this.#fail(`stream ${member.name}: ${String(error)}`);
    });
    this.#open.add(settled);
    void settled.then(() => this.#open.delete(settled));
  }

  #fail(failure: string): void {
    if (this.#summary.failures.length < MAX_FAILURES) this.#summary.failures.push(failure);
  }
}
