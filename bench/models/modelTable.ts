import type { ModelRow } from "./measureModel.js";

/** A row, or why there is none. */
export type ModelResult = ModelRow | { readonly name: string; readonly whyNot: string };

/** The table in Markdown. */
export function formatModels(results: readonly ModelResult[]): string {
  const rows = results.filter((result) => "errors" in result);
  const devices = [...new Set(rows.flatMap(({ errors }) => Object.keys(errors)))];
  const [own, ...peers] = [...new Set(rows.flatMap(({ timesUs }) => Object.keys(timesUs)))];
  const header = [
    "Model",
    "Weights",
    "Format",
    "Layers",
    ...devices.map((device) => `Largest error, ${device}`),
    `µs, ${own}`,
    ...peers.flatMap((peer) => [`µs, ${peer}`, "ratio"]),
  ];
  const lines = results.map((result) => {
    if (!("errors" in result)) return [result.name, "", "", result.whyNot, ...header.slice(4).map(() => "")];
    const { name, origin, format, layers, framesAtOnce, errors, timesUs } = result;
    const ownUs = timesUs[own!]!;
    return [
      framesAtOnce === 1 ? name : `${name}, runs of ${framesAtOnce}`,
      origin,
      format,
      layers,
      ...devices.map((device) => errors[device]?.toExponential(1) ?? ""),
      formatUs(ownUs),
      ...peers.flatMap((peer) => [formatUs(timesUs[peer]!), (ownUs / timesUs[peer]!).toFixed(2)]),
    ];
  });
  const rule = header.map((_, i) => (i < 4 ? "---" : "---:"));
  return [header, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function formatUs(timeUs: number): string {
  return timeUs >= 100 ? timeUs.toFixed(0) : timeUs.toPrecision(3);
}
