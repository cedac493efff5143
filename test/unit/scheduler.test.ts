import { describe, expect, it } from "vitest";
import type { Advance, Advanced, Session } from "../../src/engine/engine.js";
import { GruError } from "../../src/errors.js";
import { ALL } from "../../src/model/outputRequest.js";
import { Scheduler } from "../../src/stream/scheduler.js";
import { Lease, type Push } from "../../src/stream/lease.js";
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
    const lease = scheduler.open(1);
    const pushes = Array.from({ length: 5 }, () => push(scheduler, lease));
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
    const leases = Array.from({ length: 4 }, () => scheduler.open(2));
    const tick = async (...pushing: number[]) => {
      const pushes = pushing.map((i) => push(scheduler, leases[i]!));
      await settled();
      await session.end();
      await Promise.all(pushes);
      return session.ticks.at(-1);
    };
    expect(await tick(0, 1, 2, 3)).toBe(8);
    expect(await tick(2)).toBe(2);
    let hasRun = false;
    scheduler.inTurn(leases[1]!, { run: () => (hasRun = true), reject: () => {} });
    expect(await tick(3, 0)).toBe(4);
    expect(hasRun).toBe(true);
    scheduler.close(leases[0]!, "gone");
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

describe("a lease", () => {
  it("takes calls until they hold a gigabyte, and again when some are gone", async () => {
    const lease = new Lease([0]);
    const big = { steps: { length: 2 ** 26 }, numSubmitted: 0 } as unknown as Push;
    for (let i = 0; i < 3; i++) lease.add(big);
    const message =
      'stream: expected at most 1073741824 bytes in waiting calls, got 1073745920; await pushes, or let whenFull "latest" drop some';
    await expectRefusal(() => lease.add(big), "limit-exceeded", message);
    expect(lease.numWaiting).toBe(3);
    lease.shift();
    lease.add(big);
    expect(lease.numWaiting).toBe(3);
  });

  it("takes one call, whatever it holds", () => {
    const lease = new Lease([0]);
    lease.add({ steps: { length: 2 ** 30 }, numSubmitted: 0 } as unknown as Push);
    expect(lease.numWaiting).toBe(1);
  });

  it("takes out the oldest push that has not begun, and leaves the others in their order", () => {
    const lease = new Lease([0]);
    const [begun, first, second] = [1, 0, 0].map((numSubmitted) => ({ steps: [], numSubmitted }) as unknown as Push);
    const operation = { run: () => {}, reject: () => {} };
    for (const call of [begun!, operation, first!, second!]) lease.add(call);
    expect(lease.numWaiting).toBe(2);
    expect(lease.shiftWaiting()).toBe(first);
    expect(lease.shiftWaiting()).toBe(second);
    lease.add(first!);
    expect([lease.shift(), lease.shift(), lease.shift(), lease.shift()]).toEqual([begun, operation, first, undefined]);
    expect(lease.numWaiting).toBe(0);
  });
});

function schedule(maxSlots: number): { session: FakeSession; scheduler: Scheduler } {
  const session = new FakeSession(maxSlots);
  return { session, scheduler: new Scheduler(network, session as unknown as Session) };
}

/** One step of each of a lease's rows. */
function push(scheduler: Scheduler, lease: Lease): Promise<Float32Array[]> {
  return scheduler.push(lease, new Float32Array(lease.slots.length), ALL);
}

/** Resolves when what follows from promises alone has been done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
