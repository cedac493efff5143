import { readFileSync } from "node:fs";
import { loadModel } from "webgru";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../demo/sensor/seededRandom.js";
import { Deadlines } from "../../demo/sensor/deadlines.js";
import { pace } from "../../demo/sensor/pace.js";
import { RATE_HZ, sensorSignal } from "../../demo/sensor/signal.js";
import { Trace } from "../../demo/sensor/trace.js";
import record from "../../demo/models/sensor.json" with { type: "json" };
import { projectRoot } from "../harness/library.js";

describe("a run's deadlines", () => {
  it("are missed by what comes later than the limit, and by nothing else", () => {
    const deadlines = new Deadlines(10, 4);
    for (const timeMs of [9.9, 10, 10.1, 300]) deadlines.add(timeMs);
    expect([deadlines.numDone, deadlines.numMissed]).toEqual([4, 2]);
  });

  it("give the smallest time that a share of the steps is at or below", () => {
    const deadlines = new Deadlines(10, 200);
    expect(deadlines.percentiles([0.5])).toBeNull();
    for (let timeMs = 100; timeMs > 0; timeMs--) deadlines.add(timeMs);
    expect(deadlines.percentiles([0.5, 0.99, 1])).toEqual([50, 99, 100]);
  });
});

describe("the pace", () => {
  it("takes every step once, in order, never before it is due", async () => {
    const taken: number[] = [];
    let earliestMs = Infinity;
    await pace(8, 5, new AbortController().signal, ({ index, dueMs }) => {
      taken.push(index);
      earliestMs = Math.min(earliestMs, performance.now() - dueMs);
    });
    expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(earliestMs).toBeGreaterThanOrEqual(0);
  });

  it("catches up with what a busy page left undone, due times as they were", async () => {
    const dueMs: number[] = [];
    await pace(6, 5, new AbortController().signal, (step) => {
      dueMs.push(step.dueMs);
      for (const endMs = performance.now() + 12; performance.now() < endMs;);
    });
    dueMs.slice(1).forEach((due, i) => expect(due - dueMs[i]!).toBeCloseTo(5, 6));
  });

  it("ends with its signal", async () => {
    const controller = new AbortController();
    const taken: number[] = [];
    await pace(100, 1, controller.signal, ({ index }) => {
      taken.push(index);
      if (index === 2) controller.abort();
    });
    expect(taken).toEqual([0, 1, 2]);
  });
});

describe("a trace", () => {
  it("compares forecasts with what came, and with the value that they were made from", () => {
    const trace = new Trace(2, 1);
    const values = [5, 1, 4, 3, 8];
    values.forEach((value, step) => {
      trace.addValue(value);
      trace.addForecast(step, 10 * (step + 1));
    });
    // Step 3 was forecast from step 1, step 4 from step 2; step 2 was in the warm-up.
    expect(trace.error).toBeCloseTo(Math.hypot(20 - 3, 30 - 8) / Math.SQRT2, 10);
    expect(trace.lastValueError).toBeCloseTo(Math.hypot(1 - 3, 4 - 8) / Math.SQRT2, 10);
    expect(trace.forecast(6)).toBe(50);
  });

  it("counts forecasts that come after what they forecast", () => {
    const trace = new Trace(1, 0);
    for (const value of [1, 2, 3]) trace.addValue(value);
    expect(trace.error).toBeNull();
    trace.addForecast(0, 4);
    expect(trace.error).toBe(2);
  });
});

describe("the sensor's model", () => {
  it("forecasts signals made by the page as it did those of its training, far better than the last value", async () => {
    const model = await loadModel(readFileSync(`${projectRoot}demo/models/sensor.safetensors`), { device: "cpu" });
    const numRows = 20;
    const numSteps = 30 * RATE_HZ;
    const signals = Array.from({ length: numRows }, (_, row) => sensorSignal(seededRandom(row + 1)));
    const values = Float32Array.from({ length: numSteps * numRows }, (_, i) => signals[i % numRows]!());
    const { output } = await model.run(values, { batchSize: numRows });
    let [squares, lastValueSquares, numCompared] = [0, 0, 0];
    for (let i = RATE_HZ * numRows; i + record.horizonSteps * numRows < values.length; i++) {
      const later = values[i + record.horizonSteps * numRows]!;
      squares += (output[i]! - later) ** 2;
      lastValueSquares += (values[i]! - later) ** 2;
      numCompared++;
    }
    const [error, lastValueError] = [squares, lastValueSquares].map((sum) => Math.sqrt(sum / numCompared));
    // Ten minutes of other signals than the record's: a tenth is what another seed changes.
    expect(error! / record.heldOutError).toBeGreaterThan(0.9);
    expect(error! / record.heldOutError).toBeLessThan(1.1);
    expect(lastValueError! / record.heldOutLastValueError).toBeGreaterThan(0.9);
    expect(lastValueError! / record.heldOutLastValueError).toBeLessThan(1.1);
    expect(error!).toBeLessThan(lastValueError! / 2);
  });
});
