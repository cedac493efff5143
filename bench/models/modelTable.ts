import type { ModelErrors, ModelRow } from "./measureModel.js";

/** A row, or why there is none. */
export type ModelResult = ModelRow | { readonly name: string; readonly whyNot: string };

/** The table in Markdown. */
export function formatModels(results: readonly ModelResult[]): string {
  const rows = results.filter((result) => "errors" in result);
  const devices = (["cpu", "webgpu"] as const).filter((device) => rows.some(({ errors }) => device in errors));
  const [own, ...peers] = [...new Set(rows.flatMap(({ timesUs }) => Object.keys(timesUs)))];
  const header = [
    "Model",
    "Weights",
    "Format",
    "Layers",
    ...devices.map((device) => `Error of outputs; of states, ${device}`),
    ...(own === undefined ? [] : [`µs, ${own}`]),
    ...peers.flatMap((peer) => [`µs, ${peer}`, "ratio"]),
  ];
  const lines = results.map((result) => {
    if (!("errors" in result)) return [result.name, "", "", result.whyNot, ...header.slice(4).map(() => "")];
    const { name, origin, format, layers, framesAtOnce, errors, timesUs } = result;
    const most = Math.max(...Object.values(errors).map(({ numFrames }) => numFrames));
    const times = own === undefined ? [] : [timesUs[own], ...peers.flatMap((peer) => [timesUs[peer], peer])];
    return [
      framesAtOnce === 1 ? name : `${name}, runs of ${framesAtOnce}`,
      origin,
      format,
      layers,
      ...devices.map((device) => formatErrors(errors[device], most)),
      ...times.map((time) => (typeof time === "string" ? formatRatio(timesUs[own!], timesUs[time]) : formatUs(time))),
    ];
  });
  const rule = header.map((_, i) => (i < 4 ? "---" : "---:"));
  return [header, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** @param most frames that any device was compared for: fewer are told */
function formatErrors(errors: ModelErrors | undefined, most: number): string {
  if (errors === undefined) return "";
  const { outputs, states, numFrames } = errors;
  const words = [outputs, ...(states === null ? [] : [states])].map((error) => error.toExponential(1)).join("; ");
  return numFrames < most ? `${words} (${numFrames} frames)` : words;
}

function formatRatio(own: number | undefined, peer: number | undefined): string {
  return own === undefined || peer === undefined ? "" : (own / peer).toFixed(2);
}

function formatUs(timeUs: number | undefined): string {
  if (timeUs === undefined) return "";
  return timeUs >= 100 ? timeUs.toFixed(0) : timeUs.toPrecision(3);
}
