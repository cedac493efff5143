import { describe, expect, it } from "vitest";
import type { Advance, Advanced, Session } from "../../src/engine/engine.js";
import { GruError } from "../../src/errors.js";
import { ALL } from "../../src/model/outputRequest.js";
import { Scheduler } from "../../src/stream/scheduler.js";
import { type Push, Seat } from "../../src/stream/seat.js";
import { randomStack } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const network = randomStack({ seed: 870, inputSize: 1, hiddenSizes: [2], resetAfter: true });

/** Slots up to a limit, and ticks that end when the test says so. */
class FakeSession {
  readonly maxSlots: number;
  readonly maxChunkSteps = 64;
  numSlots = 1;
  numGrowths = 0;
  /** Rows of each tick so far. */
  readonly ticks: number[] = [];
  readonly #ends: (() => void)[] = [];

  constructor(maxSlots: number) {
    this.maxSlots = maxSlots;
  }

  get numUnderWay(): number {
    return this.#ends.length;
  }

  prepare(): null {
    return null;
  }

  async advance({ input, slots }: Advance): Promise<Advanced> {
    this.ticks.push(slots.length);
    await new Promise<void>((resolve) => this.#ends.push(resolve));
    return { outputs: [new Float32Array(2 * input.length)], state: new Float32Array() };
  }

  /** Ends the oldest tick under way. */
  async end(): Promise<void> {
    this.#ends.shift()!();
    await settled();
  }

  grow(numSlots: number): void {
    if (numSlots > this.maxSlots) throw new GruError("limit-exceeded", `${numSlots} states`);
    this.numSlots = numSlots;
    this.numGrowths++;
  }

  writeState(): void {}
}

describe("a scheduler", () => {
  it("has three ticks under way, and submits the next when one of them ends", async () => {
    const { session, scheduler } = schedule(4);
    const seat = scheduler.open(1);
    const pushes = Array.from({ length: 5 }, () => push(scheduler, seat));
    await settled();
    expect(session.ticks).toHaveLength(3);
    await session.end();
    expect(session.ticks).toHaveLength(4);
    await session.end();
    expect(session.ticks).toHaveLength(5);
    while (session.numUnderWay > 0) await session.end();
    await Promise.all(pushes);
  });

  it("gives a tick to the streams that push, whatever else they did or their neighbours", async () => {
    const { session, scheduler } = schedule(8);
    const seats = Array.from({ length: 4 }, () => scheduler.open(2));
    const tick = async (...pushing: number[]) => {
      const pushes = pushing.map((i) => push(scheduler, seats[i]!));
      await settled();
      await session.end();
      await Promise.all(pushes);
      return session.ticks.at(-1);
    };
    expect(await tick(0, 1, 2, 3)).toBe(8);
    expect(await tick(2)).toBe(2);
    let hasRun = false;
    scheduler.inTurn(seats[1]!, { run: () => (hasRun = true), reject: () => {} });
    expect(await tick(3, 0)).toBe(4);
    expect(hasRun).toBe(true);
    scheduler.close(seats[0]!, "gone");
    expect(await tick(1, 2)).toBe(4);
    expect(session.ticks).toHaveLength(4);
  });

  it("doubles the slots, and near what the device takes comes to that in few steps", async () => {
    const { session, scheduler } = schedule(1000);
    for (let i = 0; i < 512; i++) scheduler.open(1);
    expect(session.numGrowths).toBe(9);
    for (let i = 512; i < 1000; i++) scheduler.open(1);
    expect(session.numSlots).toBe(1000);
    expect(session.numGrowths).toBeLessThan(20);
    await expectRefusal(() => scheduler.open(1), "limit-exceeded", "1001 states");
  });
});

describe("a seat", () => {
  it("takes calls until they hold a gigabyte, and again when some are gone", async () => {
    const seat = new Seat([0]);
    const big = { steps: { length: 2 ** 26 }, numSubmitted: 0 } as unknown as Push;
    for (let i = 0; i < 3; i++) seat.add(big);
    const message =
      'stream: expected calls that wait to hold at most 1073741824 bytes, got one more; await pushes, or let whenFull "latest" drop some';
    await expectRefusal(() => seat.add(big), "limit-exceeded", message);
    expect(seat.numWaiting).toBe(3);
    seat.shift();
    seat.add(big);
    expect(seat.numWaiting).toBe(3);
  });

  it("takes one call, whatever it holds", () => {
    const seat = new Seat([0]);
    seat.add({ steps: { length: 2 ** 30 }, numSubmitted: 0 } as unknown as Push);
    expect(seat.numWaiting).toBe(1);
  });

  it("takes out the oldest push that has not begun, and leaves the others in their order", () => {
    const seat = new Seat([0]);
    const [begun, first, second] = [1, 0, 0].map((numSubmitted) => ({ steps: [], numSubmitted }) as unknown as Push);
    const operation = { run: () => {}, reject: () => {} };
    for (const call of [begun!, operation, first!, second!]) seat.add(call);
    expect(seat.numWaiting).toBe(2);
    expect(seat.shiftWaiting()).toBe(first);
    expect(seat.shiftWaiting()).toBe(second);
    seat.add(first!);
    expect([seat.shift(), seat.shift(), seat.shift(), seat.shift()]).toEqual([begun, operation, first, undefined]);
    expect(seat.numWaiting).toBe(0);
  });
});

function schedule(maxSlots: number): { session: FakeSession; scheduler: Scheduler } {
  const session = new FakeSession(maxSlots);
  return { session, scheduler: new Scheduler(network, session as unknown as Session) };
}

/** One step of each of a seat's rows. */
function push(scheduler: Scheduler, seat: Seat): Promise<Float32Array[]> {
  return scheduler.push(seat, new Float32Array(seat.slots.length), ALL);
}

/** Resolves when what follows from promises alone has been done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
