import { describe, expect, it } from "vitest";
import { CpuMemory, PlainBuffer } from "../../src/cpu/cpuMemory.js";
import { expectRefusal } from "../harness/refusal.js";

const PAGE_BYTES = 65536;

describe("memory without a module", () => {
  it("grows, and keeps what was there", () => {
    const memory = new CpuMemory(new PlainBuffer(), 0);
    const address = memory.allocate(4);
    memory.f32[address / 4] = 7;
    const far = memory.allocate(3 * PAGE_BYTES);
    memory.f32[far / 4 + (3 * PAGE_BYTES) / 4 - 1] = 8;
    expect(memory.f32[address / 4]).toBe(7);
  });
});

describe("memory of a module", () => {
  it("gives out cache lines from the beginning, and grows", () => {
    const memory = new CpuMemory(new WebAssembly.Memory({ initial: 1 }), 100);
    expect(memory.allocate(10)).toBe(128);
    expect(memory.allocate(10)).toBe(192);
    const address = memory.allocate(3 * PAGE_BYTES);
    memory.f32[address / 4 + (3 * PAGE_BYTES) / 4 - 1] = 7;
    expect(memory.bytes.length).toBeGreaterThan(address + 3 * PAGE_BYTES);
  });

  it("gives out again what was released", () => {
    const memory = new CpuMemory(new WebAssembly.Memory({ initial: 1 }), 0);
    const { end } = memory;
    const first = memory.allocate(10);
    memory.release(end);
    expect(memory.allocate(20)).toBe(first);
  });

  it("refuses what it has no room for, and goes on as before", async () => {
    const memory = new CpuMemory(new WebAssembly.Memory({ initial: 1, maximum: 2 }), 0);
    const message = /^CPU memory: no room for 196608 bytes of weights and work space \(RangeError/;
    await expectRefusal(() => memory.allocate(3 * PAGE_BYTES), "limit-exceeded", message);
    expect(memory.allocate(10)).toBe(0);
  });
});
