import { describe, expect, it } from "vitest";
import { Latency } from "../../demo/latency.js";

describe("Latency", () => {
  it("has no percentile before the first time", () => {
    expect(new Latency().percentile(0.5)).toBeNull();
  });

  it("gives the smallest time that enough of the others do not exceed", () => {
    const latency = new Latency();
    for (let timeMs = 100; timeMs >= 1; timeMs--) latency.add(timeMs);
    expect(latency.percentile(0.5)).toBe(50);
    expect(latency.percentile(0.95)).toBe(95);
    expect(latency.percentile(1)).toBe(100);
    expect(latency.percentile(0)).toBe(1);
  });

  it("forgets what has left the window, and still counts it", () => {
    const latency = new Latency(3);
    for (const timeMs of [1000, 1, 2, 3]) latency.add(timeMs);
    expect(latency.percentile(1)).toBe(3);
    expect(latency.count).toBe(4);
  });
});
