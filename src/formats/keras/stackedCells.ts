// An RNN of StackedRNNCells: each step goes through all cells, which is a layer of each cell, one after the other. Masks and
// go_backwards are the same for all of them.

import { GruError } from "../../errors.js";
import type { LayerSpec } from "../../layers/index.js";
import { Config } from "./config.js";
import { type RecurrentParts, recurrentLayer } from "./recurrentLayers.js";
import type { Built } from "./value.js";

const MAX_CELLS = 64;

/** The cells of an RNN; null where it has one. @throws GruError `bad-file`, `unsupported` for none, or too many */
export function stackedCells(className: string, config: Config): readonly unknown[] | null {
  if (className !== "RNN" || config.object("cell").text("class_name") !== "StackedRNNCells") return null;
  const cells = config.inner("cell", "StackedRNNCells").list("cells");
  if (cells.length > 0 && cells.length <= MAX_CELLS) return cells;
  throw new GruError("unsupported", `${config.subject}: expected 1 to ${MAX_CELLS} cells, got ${cells.length}`);
}

/** The layers of the cells, of which the last has the RNN's name. */
export function stackedLayers(parts: RecurrentParts, cells: readonly unknown[]): Built {
  const { name, config } = parts;
  const layers: LayerSpec[] = [];
  let value = parts.input;
  let start = 0;
  cells.forEach((cell, i) => {
    const isLast = i === cells.length - 1;
    const own = withCell(config, cell, i > 0, isLast);
    const end = start + (own.object("cell").object("config").flag("use_bias", true) ? 3 : 2);
    const tensors = parts.tensors.slice(start, isLast ? undefined : end);
    const one = { ...parts, name: isLast ? name : `${name}.${i + 1}`, config: own, tensors, input: value };
    const built = recurrentLayer({ ...one, areMaskedStepsRead: isLast && parts.areMaskedStepsRead });
    layers.push(...built.layers);
    ({ value } = built);
    start = end;
  });
  return { layers, value };
}

/** An RNN of one of the cells. The steps of all but the first are in the order of its output already. */
function withCell(config: Config, cell: unknown, isAfter: boolean, isLast: boolean): Config {
  const fields = { ...Object.fromEntries(config.entries()), cell };
  const turned = isAfter ? { go_backwards: false } : {};
  const between = isLast ? {} : { return_sequences: true, zero_output_for_mask: false };
  return new Config({ ...fields, ...turned, ...between }, config.subject);
}
