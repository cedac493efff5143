// Whole modules: what their parts tell, and where forward() could do something else.

import { describe, expect, it } from "vitest";
import { parseTorch } from "../../src/formats/torch/parseTorch.js";
import type { Network } from "../../src/model/network.js";
import { parameter, gruModule, linearModule, wholeModule, wrapped } from "../files/wholeModule.js";
import type { Pickled } from "../files/pickleFile.js";
import { expectRefusal } from "../harness/refusal.js";

type Parts = Readonly<Record<string, Pickled>>;

const net = (parts: Parts): Uint8Array => wrapped(wholeModule("__main__.Net", parts));
const sequential = (...parts: Pickled[]): Pickled =>
  wholeModule("torch.nn.modules.container.Sequential", Object.fromEntries(parts.entries()));
const activation = (name: string, others: Parts = {}): Pickled =>
  wholeModule(`torch.nn.modules.activation.${name}`, {}, {}, others);
const dropout = wholeModule("torch.nn.modules.dropout.Dropout", {});
const vector = (path: string, size: number, others: Parts = {}): Pickled =>
  wholeModule(`torch.nn.modules.${path}`, {}, { weight: parameter([size]), bias: parameter([size]) }, others);
const layerNorm = (size: number, others: Parts = {}) => vector("normalization.LayerNorm", size, others);

const wiring = ({ layers }: Network) => layers.map(({ name, inputs }) => `${inputs.join("+")} > ${name}`);
const [gru, fc] = [gruModule(4, 2), linearModule(2, 3)];

describe("a whole module", () => {
  it("has the functions of an nn.Sequential between its linear layers", () => {
    const head = sequential(dropout, fc, activation("ReLU"), dropout, linearModule(3, 5), activation("Tanh"));
    const network = parseTorch(net({ gru, head }));
    expect(wiring(network)).toEqual([
      "input > gru.l0",
      "gru.l0 > head.1",
      "head.1 > head.2",
      "head.2 > head.4",
      "head.4 > head.5",
    ]);
    expect(network.layers.slice(1)).toMatchObject([
      { type: "dense" },
      { type: "map", activation: { name: "relu" } },
      { type: "dense" },
      { type: "map", activation: { name: "tanh" } },
    ]);
    expect(network.notes).toContain(
      'Taken from the whole module\'s parts, in their order: GRU "gru.l0", then linear "head.1", then relu "head.2", then ' +
        'linear "head.4", then tanh "head.5".',
    );
  });

  it("has functions of the GRU's steps at the front of an nn.Sequential", () => {
    const network = parseTorch(net({ gru, head: sequential(activation("ELU", { alpha: 3 }), fc) }));
    expect(network.layers[1]).toMatchObject({ type: "map", inputs: ["gru.l0"], activation: { name: "elu", alpha: 3 } });
  });

  it("has the eps of its normalisations, and says of which it is not certain that they are there", () => {
    const network = parseTorch(net({ norm: layerNorm(4, { eps: 2 }), gru, fc }));
    expect(network.layers[0]).toMatchObject({ type: "norm", epsilon: 2 });
    expect(network.notes[0]).toMatch(/^"norm" is taken to normalise the input, as the module's order says; /);
  });

  it("says that parts in front are taken to be all that is in front", () => {
    const front = sequential(linearModule(3, 4), activation("ReLU"));
    expect(parseTorch(net({ front, gru })).notes[0]).toMatch(/^"front\.1" is taken to come before the GRU, without a /);
  });

  it("is read through DataParallel, without a loss and metrics", () => {
    const module = wholeModule("__main__.Net", {
      gru,
      head: sequential(fc, activation("ReLU")),
      loss: wholeModule("torch.nn.modules.loss.MSELoss", {}),
      criterion: activation("Sigmoid"),
    });
    const parallel = wholeModule("torch.nn.parallel.data_parallel.DataParallel", { module });
    const expected = ["input > gru.l0", "gru.l0 > head.0", "head.0 > head.1"];
    expect(wiring(parseTorch(wrapped(parallel)))).toEqual(expected);
  });

  it("is a plain GRU where its class is made of one, which a note says", () => {
    const own = wholeModule("__main__.Own", {}, { weight_ih_l0: parameter([6, 4]), weight_hh_l0: parameter([6, 2]) });
    expect(parseTorch(net({ own, fc })).notes[0]).toBe(
      '"own" is of the class "__main__.Own", and taken to be a plain GRU.',
    );
  });

  it("is read by a description as a state_dict is", () => {
    const bytes = net({ gru, relu: activation("ReLU"), fc });
    const layers = [
      { type: "gru", name: "gru.l0", inputSize: 4, hiddenSize: 2 },
      { type: "dense", name: "fc", inputSize: 2, outputSize: 3 },
    ] as const;
    expect(wiring(parseTorch(bytes, { layers }))).toEqual(["input > gru.l0", "gru.l0 > fc"]);
  });

  it("is what the description in its error says, once that is complete", async () => {
    const bytes = net({ gru, relu: activation("LeakyReLU"), fc });
    const error = await Promise.resolve()
      .then(() => parseTorch(bytes))
      .catch((reason: Error) => reason);
    const { description } = (error as Error).cause as { description: Parameters<typeof parseTorch>[1] };
    expect(wiring(parseTorch(bytes, description))).toEqual(["input > gru.l0", "gru.l0 > relu", "relu > fc"]);
  });
});

describe("a whole module is refused, with a description to complete, for", () => {
  it.each<[what: string, parts: Parts, why: string]>([
    [
      "a function that is no part of an nn.Sequential",
      { gru, relu: activation("ReLU"), fc },
      '"relu", an activation whose place in forward() is not in the file',
    ],
    [
      "linear layers in a row",
      { gru, fc, out: linearModule(3, 5) },
      'linear layers in a row, "fc" and "out", whose activation is not in the file',
    ],
    [
      "a linear layer after a normalised one",
      { gru, fc, norm: layerNorm(3), out: linearModule(3, 5) },
      'linear layers in a row, "norm" and "out", whose activation is not in the file',
    ],
    [
      "a linear layer in front",
      { fc: linearModule(3, 4), gru },
      '"fc", which is before the GRU in the file and not by its name',
    ],
    ["two heads", { gru, fc, out: linearModule(2, 5) }, '"out", which does not fit "fc" before it'],
    [
      "a class of its own without weights",
      { gru, head: sequential(wholeModule("__main__.Last", {}), fc) },
      'parts whose work is not in the file, "head.0", of the class "__main__.Last"',
    ],
    [
      "a function that it does not know",
      { gru, head: sequential(fc, activation("Hardshrink")) },
      'parts whose work is not in the file, "head.1", of the class "Hardshrink"',
    ],
    [
      "a Softplus with a factor",
      { gru, head: sequential(fc, activation("Softplus", { beta: 2 })) },
      'parts whose work is not in the file, "head.1", of the class "Softplus"',
    ],
    [
      "an encoder and a decoder",
      { encoder: gruModule(4, 2), decoder: gruModule(2, 2) },
      "several GRU modules, encoder, decoder",
    ],
    ["two modules of one size", { a: gruModule(2, 2), b: gruModule(2, 2) }, "several GRU modules, a, b"],
  ])("%s", async (_, parts, why) => {
    const expected = "parts that each read the one before, in the module's order";
    const message = `whole module: expected ${expected}, got ${why}; pass a description`;
    await expectRefusal(() => parseTorch(net(parts)), "unsupported", new RegExp(`^${escaped(message)}`));
  });

  it("weights that no part of it has", async () => {
    const own = wholeModule("__main__.Attention", {}, { query: parameter([2]) });
    await expectRefusal(() => parseTorch(net({ gru, own, fc })), "unsupported", /others too, .*: own\.query; /);
  });
});

describe("a whole module that lies is refused for", () => {
  it.each<[what: string, parts: Parts, message: string]>([
    [
      "an eps that is no number",
      { gru, norm: layerNorm(2, { eps: "small" }) },
      'norm.eps: expected a finite number, got "small"',
    ],
    [
      "a slope that is a dict",
      { gru, head: sequential(fc, activation("LeakyReLU", { negative_slope: new Map() })) },
      "head.1.negative_slope: expected a finite number, got {}",
    ],
  ])("%s", async (_, parts, message) => {
    await expectRefusal(() => parseTorch(net(parts)), "bad-file", message);
  });

  it("an eps below zero", async () => {
    await expectRefusal(() => parseTorch(net({ gru, norm: layerNorm(2, { eps: -1 }) })), "bad-file", /epsilon/);
  });

  it("a linear layer whose bias has another size", async () => {
    const out = wholeModule("torch.nn.modules.linear.Linear", {}, { weight: parameter([3, 2]), bias: parameter([4]) });
    await expectRefusal(() => parseTorch(net({ gru, out })), "shape-mismatch", "out.bias: expected shape [3], got [4]");
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
