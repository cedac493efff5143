// Converts PyTorch's names of tensors to ours. The gates of a GRU are r, z, n in both, an LSTM's i, f, g, o.

import { GruError } from "../../errors.js";
import { stack, type Tensor } from "../tensor.js";

/** Names of the tensors of nn.GRU, nn.LSTM, nn.RNN and their cells, after the module's own prefix. */
const RECURRENT_TENSOR =
  /^(?<prefix>(?:.*\.)?)(?<kind>weight|bias)_(?<side>ih|hh|hr)(?:_l(?<layer>\d+)(?<reverse>_reverse)?)?$/;

/**
 * Gives the tensors of a state_dict their canonical names: `rnn.weight_hh_l1` becomes `rnn.l1.recurrentWeight`, and
 * `cell.weight_ih` of a cell becomes `cell.weight`. The two directions of a layer become one tensor. Other tensors keep their
 * names.
 *
 * @throws GruError `bad-file` when a tensor of the reverse direction is missing or has another shape, or two tensors would have
 *   one name
 */
export function canonicalTensors(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const canonical = new Map<string, Tensor>();
  const layers = new Set([...tensors.keys()].filter(isReverse).map(layerOf));
  const [rows = 0, columns = 0] = tensors.get("weight_hh")?.shape ?? [];
  const bare = rows === 4 * columns ? "lstm" : rows === columns ? "rnn" : "gru";
  for (const [name, tensor] of tensors) {
    if (isReverse(name)) {
      if (!tensors.has(name.replace(/_reverse$/, ""))) {
        throw new GruError("bad-file", `${name}: expected the tensor of the forward direction too, got none`);
      }
      continue;
    }
    const renamed = canonicalName(name, bare);
    if (canonical.has(renamed)) {
      throw new GruError("bad-file", `${name}: expected one tensor for ${renamed}, got another before it`);
    }
    const isBidirectional = renamed !== name && layers.has(layerOf(name));
    canonical.set(renamed, isBidirectional ? withReverse(name, tensor, tensors) : tensor);
  }
  return canonical;
}

function isReverse(name: string): boolean {
  return RECURRENT_TENSOR.exec(name)?.groups?.["reverse"] !== undefined;
}

/** The layer of a recurrent tensor's name: `rnn.l1` of `rnn.weight_hh_l1_reverse`. */
function layerOf(name: string): string {
  const groups = RECURRENT_TENSOR.exec(name)?.groups;
  return `${groups?.["prefix"]}l${groups?.["layer"]}`;
}

function withReverse(name: string, tensor: Tensor, tensors: ReadonlyMap<string, Tensor>): Tensor {
  const reverse = tensors.get(`${name}_reverse`);
  if (reverse?.shape.join() !== tensor.shape.join()) {
    const got = reverse === undefined ? "none" : `[${reverse.shape.join(", ")}]`;
    throw new GruError("bad-file", `${name}_reverse: expected shape [${tensor.shape.join(", ")}], got ${got}`);
  }
  return stack([tensor, reverse]);
}

/** @param bare the name of a cell that has no path */
function canonicalName(name: string, bare: string): string {
  const groups = RECURRENT_TENSOR.exec(name)?.groups;
  if (groups === undefined) return name;
  const { prefix, kind, side, layer } = groups;
  const path = `${prefix}${layer === undefined ? "" : `l${layer}`}`.replace(/\.$/, "") || bare;
  if (side === "ih") return `${path}.${kind}`;
  if (side === "hr") return `${path}.projection`;
  return kind === "weight" ? `${path}.recurrentWeight` : `${path}.recurrentBias`;
}

/** The prefixes of DataParallel and torch.compile. */
const WRAPPER = /^(?:module|_orig_mod)\./;

/**
 * Removes the prefixes that DataParallel and torch.compile put before every name.
 *
 * @returns the tensors by the module's own names, and the prefix, which is mostly ""
 */
export function unwrapped<T>(tensors: ReadonlyMap<string, T>): { tensors: ReadonlyMap<string, T>; prefix: string } {
  let prefix = "";
  for (;;) {
    const [first = ""] = tensors.keys();
    const next = WRAPPER.exec(first.slice(prefix.length))?.[0];
    if (next === undefined || ![...tensors.keys()].every((name) => name.startsWith(prefix + next))) break;
    prefix += next;
  }
  return { tensors: new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor])), prefix };
}

/** Modules of a checkpoint that are no part of the network: Lightning keeps the loss beside it. */
const OF_LOSS = /(^|\.)(criterion|criteria|loss|losses|loss_?fn|loss_?func|loss_?function|metrics?)\./i;

/** Whether a tensor is of the loss or a metric, by its name. */
export function isOfLoss(name: string): boolean {
  return OF_LOSS.test(name);
}
