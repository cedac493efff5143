import type { Call } from "./call.js";
import { demand, Refusal } from "./refusal.js";
import { isFilledWith, permuted } from "./shapeOperators.js";
import { bareColumns } from "./signals.js";
import { type Constant, describeContent, type Value } from "./value.js";

/** Sizes of a state, [D, rows, H]. */
interface Sizes {
  readonly numDirections: number;
  readonly rows: number;
  readonly hiddenSize: number;
}

/**
 * The state that a recurrent node begins with, [D, rows H].
 *
 * @param i the node's input
 * @param name of that input
 * @param isBatchFirst whether it is [rows, D, H]
 * @returns columns of graph inputs, or numbers; null for zeros
 */
export function readInitialState(
  call: Call,
  i: number,
  name: string,
  { numDirections, rows, hiddenSize }: Sizes,
  isBatchFirst: boolean,
): Int32Array | Float32Array | null {
  const given = call.optional(i);
  if (given === null || (given.content.kind === "constant" && isFilledWith(given.content, 0))) return null;
  const value = isBatchFirst ? permuted(call, given, [1, 0, 2]) : given;
  const { axes, content } = value;
  if (content.kind === "constant")
    return readNumbers(value as Value<Constant>, name, { numDirections, rows, hiddenSize });
  if (content.kind !== "signal") throw new Refusal(`its ${name} is ${describeContent(content)}`);
  const isState =
    axes.length === 3 &&
    axes[0] === numDirections &&
    axes[2] === hiddenSize &&
    (typeof axes[1] !== "number" || axes[1] === rows);
  demand(isState, `its ${name} is not [${numDirections}, ${rows > 1 ? rows : "batch"}, ${hiddenSize}]`);
  if (typeof axes[1] !== "number") call.reading.roles.bind(axes[1]!, "batch");
  const columns = bareColumns(content);
  const isInput = columns !== null && [...call.wiring.sourcesOf(columns)].every(({ type }) => type === "input");
  demand(isInput && content.step === "each", `its ${name} comes from another layer, not from a graph input`);
  return columns;
}

/** A constant state; where the graph is made for several rows, all must begin alike. */
function readNumbers({ axes, content }: Value<Constant>, name: string, sizes: Sizes): Float32Array {
  const { numDirections, rows, hiddenSize } = sizes;
  const isAlike =
    axes.length === 3 && axes[0] === numDirections && axes[1] === 1 && axes[2] === hiddenSize && rows === 1;
  const way = `make it a graph input, and pass it to run as initialState`;
  demand(isAlike, `its ${name} is a constant that is not [${numDirections}, 1, ${hiddenSize}]; ${way}`);
  return Float32Array.from(content.values);
}
