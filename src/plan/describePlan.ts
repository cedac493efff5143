import { SUBMIT_MS } from "./budget.js";
import { chunkFlop, dispatchesOf, numDispatches, type Plan } from "./plan.js";

const WHEN = {
  rows: "once",
  persistent: "once",
  chunk: "once",
  end: "at the end",
  steps: "every step",
  wavefronts: "every wavefront",
};

/** The plan as a person reads it: dispatches in order, loops as loops, bytes by lifetime. */
export function describePlan(plan: Plan, sequenceLength: number, flopPerSubmit: number): string {
  const numChunks = Math.ceil(sequenceLength / plan.chunkSteps);
  const numSteps = Math.min(plan.chunkSteps, sequenceLength);
  const submits = chunkFlop(plan, numSteps) / flopPerSubmit;
  const numSubmits = Math.ceil(submits);
  const estimate = `estimate: ${Number((submits * SUBMIT_MS).toPrecision(2))} ms on a slow device of its kind`;
  const chunks = numChunks === 1 ? "" : `chunks of up to ${numSteps} steps: ${numChunks}, in each `;
  const title = `${chunks}dispatches: ${numDispatches(plan, numSteps)}, submits: about ${numSubmits}, ${estimate}`;
  const stages = plan.stages.map((stage) => {
    const labels = dispatchesOf(stage).map(({ kernel }) => kernel.label);
    return `  ${WHEN[stage.type].padEnd(12)}${labels.join(", ")}`;
  });
  const bytes = (["weights", "state", "scratch", "params"] as const).map((lifetime) => {
    const buffers = plan.buffers.filter((buffer) => buffer.lifetime === lifetime);
    return `${lifetime} ${buffers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)}`;
  });
  return [title, ...stages, `  bytes: ${bytes.join(", ")}`].join("\n");
}
