import { numDispatches, type Plan } from "./plan.js";

/** The plan as a person reads it: dispatches in order, loops as loops, bytes by lifetime. */
export function describePlan(plan: Plan, sequenceLength: number): string {
  const numChunks = Math.ceil(sequenceLength / plan.chunkSteps);
  const chunk = Math.min(plan.chunkSteps, sequenceLength);
  const title = `${sequenceLength} steps x ${plan.batchSize} rows: ${numChunks} submits of up to ${chunk} steps, ${numDispatches(plan, chunk)} dispatches each`;
  const stages = plan.stages.map((stage) =>
    stage.type === "rows"
      ? `  once        ${stage.dispatch.kernel.label}`
      : `  every step  ${stage.even.map(({ kernel }) => kernel.label).join(", ")}`,
  );
  const bytes = (["weights", "state", "scratch", "steps"] as const).map((lifetime) => {
    const buffers = plan.buffers.filter((buffer) => buffer.lifetime === lifetime);
    return `${lifetime} ${buffers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)}`;
  });
  return [title, ...stages, `  bytes: ${bytes.join(", ")}`].join("\n");
}
