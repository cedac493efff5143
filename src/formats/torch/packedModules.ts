// Modules of torch.ao.quantization.quantize_dynamic in a state_dict: their weights and biases are packed in objects, as tuples.

import { GruError } from "../../errors.js";
import { ForeignObject } from "./foreignObject.js";
import { SAVE_STATE_DICT } from "./foreign.js";
import { TorchTensor } from "./torchTensor.js";

const LINEAR = /^(?<path>(?:.*\.)?)_packed_params\._packed_params$/;
const LAYER = /^(?<path>(?:.*\.)?)_all_weight_values\.(?<index>\d{1,4})\.param$/;
const CELL = /^(?<path>(?:.*\.)?)_packed_weight_(?<side>ih|hh)$/;
/** What a packed linear layer has beside its weights, of its outputs. */
const BESIDE = /^(?:.*\.)?(?:scale|zero_point|_packed_params\.dtype)$/;

/** A matrix and its bias. */
interface Packed {
  readonly weight: TorchTensor;
  readonly bias: TorchTensor | null;
}

/** The two matrices of a recurrent layer's direction. */
type Pair = readonly [ih: Packed, hh: Packed];

function isPacked(key: unknown): key is string {
  return typeof key === "string" && (LINEAR.test(key) || LAYER.test(key) || CELL.test(key));
}

/** A dict's entries with plain tensors in place of packed ones; the dict itself where it has none. @throws GruError `unsupported` */
export function unpacked(dict: ReadonlyMap<unknown, unknown>): ReadonlyMap<unknown, unknown> {
  if (![...dict.keys()].some(isPacked)) return dict;
  const plain = new Map<unknown, unknown>();
  const layers = new Map<string, Pair[]>();
  const linears = [...dict.keys()].flatMap((key) => LINEAR.exec(String(key))?.groups!["path"] ?? []);
  for (const [key, value] of dict) {
    if (!isPacked(key)) {
      const isBeside = linears.some((path) => BESIDE.test(String(key)) && `${key as string}`.startsWith(path));
      if (!isBeside) plain.set(key, value);
      continue;
    }
    const { path = "", index, side } = (LINEAR.exec(key) ?? LAYER.exec(key) ?? CELL.exec(key))!.groups!;
    if (index !== undefined) {
      const pairs = layers.get(path) ?? [];
      pairs[Number(index)] = pairOf(key, value);
      layers.set(path, pairs);
    } else {
      const { weight, bias } = side === undefined ? matrixOf(key, value) : matrixOf(key, stateOf(value)[0]);
      const suffix = side === undefined ? "" : `_${side}`;
      plain.set(`${path}weight${suffix}`, weight);
      if (bias !== null) plain.set(`${path}bias${suffix}`, bias);
    }
  }
  for (const [path, pairs] of layers) {
    for (const entry of layerTensors(path, Array.from(pairs))) plain.set(...entry);
  }
  return plain;
}

/** The state of an object of TorchScript: what it has, and its class. */
function stateOf(value: unknown): readonly unknown[] {
  return value instanceof ForeignObject && Array.isArray(value.state) ? value.state : [];
}

/** A weight and a bias, as a packed linear layer has them. */
function matrixOf(key: string, value: unknown): Packed {
  const [weight, bias] = Array.isArray(value) ? (value as unknown[]) : [];
  if (weight instanceof TorchTensor && (bias === null || bias instanceof TorchTensor)) return { weight, bias };
  throw other(key);
}

/** What `CellParamsBase` has: ("quantized_dynamic", biases, ..., [ih, hh]). */
function pairOf(key: string, value: unknown): Pair {
  const [state] = stateOf(value);
  const [kind, , , , matrices] = Array.isArray(state) ? (state as unknown[]) : [];
  if (kind !== "quantized_dynamic" || !Array.isArray(matrices)) throw other(key);
  const [ih, hh] = matrices.map((matrix) => matrixOf(key, stateOf(matrix)[0]));
  if (ih === undefined || hh === undefined) throw other(key);
  return [ih, hh];
}

function other(key: string): GruError {
  const expected = "weights that quantize_dynamic packed as int8";
  const wayOut = `before it is quantised, ${SAVE_STATE_DICT}`;
  return new GruError("unsupported", `torch: "${key}": expected ${expected}, got others; ${wayOut}`);
}

/** Tensors by the names of nn.GRU: the layers one after the other, of both directions where a module has two. */
function layerTensors(path: string, pairs: readonly (Pair | undefined)[]): [string, TorchTensor][] {
  const widths = pairs.map((pair) => pair?.[0].weight.shape[1]);
  const size = pairs[0]?.[1].weight.shape[1];
  const isStack = size !== undefined && widths.every((width, i) => width === (i === 0 ? widths[0] : size));
  const isBoth =
    size !== undefined &&
    widths.length % 2 === 0 &&
    widths.every((width, i) => width === (i < 2 ? widths[0] : 2 * size));
  if (isStack === isBoth && widths.length > 1) {
    const got = isBoth ? "one that may have two layers, or one of two directions" : "other sizes";
    const wayOut = `before it is quantised, ${SAVE_STATE_DICT}`;
    throw new GruError(
      "unsupported",
      `torch: "${path}": expected packed layers that read each other, got ${got}; ${wayOut}`,
    );
  }
  return pairs.flatMap((pair, i) => {
    const layer = isStack ? i : Math.floor(i / 2);
    const suffix = `l${layer}${isStack || i % 2 === 0 ? "" : "_reverse"}`;
    return (["ih", "hh"] as const).flatMap((side, k): [string, TorchTensor][] => {
      const { weight, bias } = pair![k]!;
      const names: [string, TorchTensor][] = [[`${path}weight_${side}_${suffix}`, weight]];
      return bias === null ? names : [...names, [`${path}bias_${side}_${suffix}`, bias]];
    });
  });
}
