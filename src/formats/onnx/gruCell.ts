// Recognizes a GRU cell that is written as single operations, as PyTorch's exporter does for nn.GRUCell:
//
//   r = f(W_r x + b_r + R_r h)
//   z = f(W_z x + b_z + R_z h)
//   n = g(W_n x + b_n + r * (R_n h + c_n))    or    n = g(W_n x + b_n + R_n (r * h))
//   h' = n + z * (h - n)
//
// The last line is expanded first, so that (1 - z) * n + z * h and the textbook's (1 - z) * h + z * n are recognized too.

import { describeActivation } from "../../layers/activation.js";
import type { Call } from "./call.js";
import {
  diagonalOf,
  Expansion,
  type Gate,
  gather,
  hasProducts,
  isProduct,
  isSame,
  joinGates,
  leftOf,
  madeOf,
  readGate,
  rightOf,
  splitGate,
  type Terms,
  weightOf,
} from "./cellParts.js";
import { type Signal, type Term, widthOf } from "./value.js";
import { isColumnOf, type LayerSource, type RecurrentSource, type Wiring } from "./wiring.js";

/** The GRU whose new state is this sum; null for another sum. */
export function recognizeGruCell(signal: Signal, call: Call): RecurrentSource | null {
  const { wiring } = call;
  const size = widthOf(signal);
  const hasProduct = signal.terms.some(({ columns }) => hasProducts(columns, wiring));
  if (!hasProduct || signal.step !== "each") return null;
  const terms = new Expansion(wiring).ofSignal(signal, size);
  const parts = terms && matchUpdate(terms);
  if (!parts) return null;
  const { update, state, newColumns, isReplacing } = parts;
  if ([...wiring.sourcesOf(state)].some(({ type }) => type !== "input")) return null;
  const z = readGate(update, state, wiring);
  const n = readNew(newColumns, state, wiring);
  if (z === null || n === null || describeActivation(z.activation) !== describeActivation(n.reset.activation))
    return null;
  if (isReplacing && z.activation.name !== "sigmoid") return null;
  const gates = [n.reset, isReplacing ? negated(z) : z, n.newGate];
  return addGru(call, size, state, gates, n);
}

interface Update {
  readonly update: Int32Array;
  readonly state: Int32Array;
  readonly newColumns: Int32Array;
  /** True for h' = z n + (1 - z) h, false for h' = z h + (1 - z) n. */
  readonly isReplacing: boolean;
}

/** Matches z * p - z * q + q, where one of p and q is the state, and the other one n. */
function matchUpdate(terms: Terms): Update | null {
  const list = [...terms.values()];
  const plus = list.find(({ factor, vectors }) => factor === 1 && vectors.length === 2);
  const minus = list.find(({ factor, vectors }) => factor === -1 && vectors.length === 2);
  const single = list.find(({ factor, vectors }) => factor === 1 && vectors.length === 1);
  if (list.length !== 3 || !plus || !minus || !single) return null;
  const [kept] = single.vectors as [Int32Array];
  const at = minus.vectors.findIndex((vector) => isSame(vector, kept));
  const update = minus.vectors[1 - at];
  if (at < 0 || update === undefined) return null;
  const other = plus.vectors.findIndex((vector) => isSame(vector, update));
  const p = plus.vectors[1 - other];
  if (other < 0 || p === undefined) return null;
  // Graph inputs come before all layers, so the state has the lower columns.
  return p[0]! < kept[0]!
    ? { update, state: p, newColumns: kept, isReplacing: false }
    : { update, state: kept, newColumns: p, isReplacing: true };
}

interface NewGate {
  readonly reset: Gate;
  readonly newGate: Gate;
  readonly resetAfter: boolean;
  /** c_n [H] */
  readonly recurrentBias: Float32Array | null;
}

/** Reads the new gate and, inside it, the reset gate. */
function readNew(vector: Int32Array, state: Int32Array, wiring: Wiring): NewGate | null {
  const made = madeOf(vector, wiring);
  if (made === null) return null;
  const { terms } = made.signal;
  const [term, second] = terms.filter(({ columns }) => hasProducts(columns, wiring));
  if (term === undefined || second !== undefined) return null;
  const { columns } = term;
  const [product, other] = [...wiring.sourcesOf(columns)].filter(isProduct);
  if (product === undefined || other !== undefined || product.size !== state.length) return null;
  const isInside = (column: number) => isColumnOf(product, column);
  const inside = [...columns.keys()].filter((i) => isInside(columns[i]!));
  const isWhole = inside.length === product.size && inside.every((i, k) => columns[i] === product.first + k);
  if (!isWhole) return null;
  const beside = [...columns.keys()].filter((i) => !isInside(columns[i]!));
  if (beside.length > 0 && term.weight === null) return null;
  const weight = weightOf(term, wiring);
  const outside: Term[] =
    beside.length === 0
      ? []
      : [
          {
            columns: Int32Array.from(beside, (i) => columns[i]!),
            weight: gather(weight, columns.length, beside),
            scale: null,
            isFloat16: false,
          },
        ];
  const rest = splitGate(made, [...terms.filter((one) => one !== term), ...outside], state, wiring);
  if (rest.recurrentWeight.some((value) => value !== 0)) return null;
  return readProduct(product, gather(weight, columns.length, inside), rest, state, wiring);
}

/** @param matrix [H, H], multiplied by the product */
function readProduct(
  product: LayerSource,
  matrix: Float32Array,
  rest: Gate,
  state: Int32Array,
  wiring: Wiring,
): NewGate | null {
  for (const [gate, other] of [
    [leftOf(product), rightOf(product)],
    [rightOf(product), leftOf(product)],
  ] as const) {
    const reset = readGate(gate, state, wiring);
    if (reset === null || reset.activation.name === "linear") continue;
    if (isSame(other, state)) {
      return { reset, newGate: { ...rest, recurrentWeight: matrix }, resetAfter: false, recurrentBias: null };
    }
    const inner = readGate(other, state, wiring);
    const isPlain = diagonalOf(matrix, state.length, 0, state.length) === 1;
    if (inner === null || inner.activation.name !== "linear" || inner.columns.length > 0 || !isPlain) continue;
    const { recurrentWeight, bias } = inner;
    return { reset, newGate: { ...rest, recurrentWeight }, resetAfter: true, recurrentBias: bias };
  }
  return null;
}

const minus = (values: Float32Array) => values.map((value) => -value);

/** The gate 1 - z: 1 - sigmoid(a) = sigmoid(-a), exactly. */
function negated(gate: Gate): Gate {
  const { weight, recurrentWeight, bias } = gate;
  return { ...gate, weight: minus(weight), recurrentWeight: minus(recurrentWeight), bias: bias && minus(bias) };
}

/** @param gates r, z, n */
function addGru(
  call: Call,
  size: number,
  state: Int32Array,
  gates: readonly Gate[],
  n: NewGate,
): RecurrentSource | null {
  const joined = joinGates(gates, size);
  if (joined === null) return null;
  const { columns, weight, recurrentWeight, bias } = joined;
  const recurrentBias = n.recurrentBias && new Float32Array(3 * size);
  recurrentBias?.set(n.recurrentBias!, 2 * size);
  return call.wiring.add<RecurrentSource>({
    type: "recurrent",
    name: call.layerName,
    size,
    columns,
    hiddenSize: size,
    direction: "forward",
    rows: 1,
    frameSteps: null,
    cell: {
      type: "gru",
      resetAfter: n.resetAfter,
      gateActivation: n.reset.activation,
      newActivation: n.newGate.activation,
      recurrentWeight,
      bias,
      recurrentBias,
    },
    weight,
    initialState: new Map([["h", state]]),
    isOneStep: true,
  });
}
