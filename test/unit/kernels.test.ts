import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { carryReadKernel, carryWriteKernel } from "../../src/kernels/carry.js";
import { aggregateKernel } from "../../src/kernels/aggregate.js";
import { attentionKernel } from "../../src/kernels/attention.js";
import { concatKernel } from "../../src/kernels/concat.js";
import { convKernel } from "../../src/kernels/conv.js";
import { denseKernel } from "../../src/kernels/dense.js";
import { embeddingKernel } from "../../src/kernels/embedding.js";
import { recurrentCellKernel } from "../../src/kernels/recurrentCell.js";
import { recurrentCooperativeKernel } from "../../src/kernels/recurrentCooperative.js";
import { gruGatesKernel } from "../../src/kernels/gruGates.js";
import { gruNewKernel } from "../../src/kernels/gruNew.js";
import { recurrentProjectKernel } from "../../src/kernels/recurrentProject.js";
import { gruPersistentKernel } from "../../src/kernels/gruPersistent.js";
import { recurrentPersistentKernel, recurrentResumedKernel } from "../../src/kernels/recurrentPersistent.js";
import type { RecurrentLayer } from "../../src/kernels/recurrentUnit.js";
import { recurrentStepKernel, type StepTile } from "../../src/kernels/recurrentStep.js";
import { gruWavefrontKernel, gruWavefrontNewKernel } from "../../src/kernels/gruWavefront.js";
import { flattenKernel } from "../../src/kernels/flatten.js";
import type { KernelSpec } from "../../src/kernels/kernelSpec.js";
import { lastStateKernel } from "../../src/kernels/lastState.js";
import { lastStepKernel } from "../../src/kernels/lastStep.js";
import { mapKernel } from "../../src/kernels/map.js";
import { networkStepKernel } from "../../src/kernels/networkStep.js";
import { normKernel } from "../../src/kernels/norm.js";
import { poolKernel } from "../../src/kernels/pool.js";
import { rearrangeKernel } from "../../src/kernels/rearrange.js";
import { reduceKernel } from "../../src/kernels/reduce.js";
import { recurrenceKernel } from "../../src/kernels/recurrence.js";
import { sampleKernel } from "../../src/kernels/sample.js";
import { softmaxKernel } from "../../src/kernels/softmax.js";
import { topKKernel } from "../../src/kernels/topK.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { completeActivation } from "../../src/layers/activation.js";
import type { ConvLayer } from "../../src/layers/conv.js";
import type { GruLayer } from "../../src/layers/gru.js";
import type { MapLayer } from "../../src/layers/map.js";
import type { AggregateLayer } from "../../src/layers/aggregate.js";
import type { AttentionLayer } from "../../src/layers/attention.js";
import type { FlattenLayer } from "../../src/layers/flatten.js";
import type { NormLayer } from "../../src/layers/norm.js";
import type { ReduceLayer } from "../../src/layers/reduce.js";
import type { PoolLayer } from "../../src/layers/pool.js";
import type { Storage } from "../../src/layers/layerType.js";
import { hasFrameAxes } from "../../src/layers/recurrent.js";
import { layOut } from "../harness/planning.js";
import { twinCase } from "../cases/twinCases.js";
import { checkKernel } from "../harness/kernelCheck.js";
import { projectRoot } from "../harness/library.js";
import { randomEmbedding, randomGru, randomTextModel, uniform } from "../cases/random.js";

const STATE_SIZE = 64;

const next = uniform(80);
const gru = randomGru("gru", ["input"], { inputSize: 5, hiddenSize: 7 }, next);
const embedding = randomEmbedding("embedding", [9, 6], next);
const storages = ["f32", "f16", "int8"] as const;

/** GRU layers that take every variant of a step kernel's source. */
const grus: GruLayer[] = [
  ...storages.map((storage) => ({ ...gru, storage })),
  { ...gru, direction: "bidirectional" },
  { ...gru, direction: "reverse", clip: 2, newActivation: completeActivation("relu") },
];

/** LSTM and simple recurrent layers, with the usual functions and with others. */
const [lstms, rnns] = [
  ["lstm-bidirectional", "lstm-activations-2"],
  ["rnn-bidirectional", "rnn-clip"],
].map((ids) => ids.map((id) => twinCase(id).network().layers[0] as RecurrentLayer)) as [
  RecurrentLayer[],
  RecurrentLayer[],
];
const recurrents = [...grus, ...lstms, ...rnns];
const haveHAlone = [...grus, ...rnns];

const network = defineNetwork({ layers: [gru] });

const networkShape = layOut(randomTextModel(81, 9)).program!.shape;

const stackOf = (storage: Storage, resetAfter: boolean) => ({
  layers: [gru, gru].map((layer) => ({ ...layer, storage, resetAfter })),
  firstOperation: 1,
  stateSize: STATE_SIZE,
});

/** First byte of each tensor of a layer that is alone. */
function offsetsOf(layer: RecurrentLayer): (tensor: string) => number {
  const layout = layOut({ ...network, layers: [layer], outputs: [layer.name] });
  return (tensor) => layout.weight(layer, tensor).offsetBytes;
}

const STEP_TILES: readonly StepTile[] = [
  { units: 1, rows: 1 },
  { units: 4, rows: 1 },
  { units: 1, rows: 4 },
];

const convolution = (id: string) => twinCase(id).network().layers[0] as ConvLayer;

/** Specs of each factory, one for each variant of its source. */
const samples: Record<string, readonly KernelSpec[]> = {
  aggregateKernel: [aggregateKernel(twinCase("aggregate").network().layers[1] as AggregateLayer, STATE_SIZE)],
  attentionKernel: [attentionKernel(twinCase("attention").network().layers[3] as AttentionLayer, STATE_SIZE)],
  flattenKernel: [flattenKernel(twinCase("flatten").network().layers[1] as FlattenLayer)],
  concatKernel: [concatKernel(3, 5, 9)],
  convKernel: [
    ...storages.map((storage) => convKernel({ ...convolution("conv"), storage }, STATE_SIZE)),
    convKernel(convolution("conv-transposed"), STATE_SIZE),
    ...["conv-past", "conv-same"].map((id) => convKernel(convolution(id), STATE_SIZE)),
  ],
  denseKernel: [
    ...storages.map((storage) => denseKernel(5, 7, completeActivation("hardSigmoid"), storage)),
    denseKernel(16, 8, completeActivation("relu"), "f32", 2),
  ],
  embeddingKernel: storages.map((storage) => embeddingKernel({ ...embedding, storage })),
  recurrentCellKernel: recurrents.map((layer) => recurrentCellKernel(layer, STATE_SIZE, offsetsOf(layer))),
  recurrentCooperativeKernel: haveHAlone.map((layer) =>
    recurrentCooperativeKernel(layer, STATE_SIZE, { workgroupSize: 64, lanes: 16, maxSpins: 100 }),
  ),
  gruGatesKernel: grus.map((layer) => gruGatesKernel(layer, STATE_SIZE)),
  gruNewKernel: grus.map((layer) => gruNewKernel(layer, STATE_SIZE)),
  recurrentProjectKernel: [...grus.slice(0, 4), ...lstms, ...rnns].map(recurrentProjectKernel),
  gruPersistentKernel: grus.map((layer) => gruPersistentKernel(layer, STATE_SIZE, { workgroupSize: 64, lanes: 2 })),
  recurrentPersistentKernel: recurrents.flatMap((layer) => [
    recurrentPersistentKernel(layer, STATE_SIZE, { workgroupSize: 64, lanes: 2 }),
    recurrentPersistentKernel(layer, STATE_SIZE, { workgroupSize: 64, lanes: 2, units: 4 }),
  ]),
  recurrentResumedKernel: haveHAlone.map((layer) =>
    recurrentResumedKernel(layer, STATE_SIZE, { workgroupSize: 64, lanes: 1 }),
  ),
  recurrentStepKernel: recurrents.flatMap((layer) =>
    STEP_TILES.map((tile) => recurrentStepKernel(layer, STATE_SIZE, tile)),
  ),
  carryReadKernel: [carryReadKernel(5, STATE_SIZE)],
  carryWriteKernel: [carryWriteKernel(5, STATE_SIZE)],
  lastStateKernel: [lastStateKernel({ numDirections: 2, size: 5, start: 16 }, STATE_SIZE)],
  lastStepKernel: [lastStepKernel(6, { partSize: 3, firstAtStart: 2 })],
  gruWavefrontKernel: storages.flatMap((storage) =>
    [true, false].map((resetAfter) => gruWavefrontKernel(stackOf(storage, resetAfter))),
  ),
  gruWavefrontNewKernel: storages.map((storage) => gruWavefrontNewKernel(stackOf(storage, false))),
  mapKernel: [
    mapKernel(
      twinCase("map-power").network().layers[1] as MapLayer,
      { stride: 40, first: 0 },
      { stride: 0, first: 40 },
    ),
  ],
  networkStepKernel: storages.map((storage) => networkStepKernel({ ...networkShape, storage }, 64)),
  normKernel: [normKernel(twinCase("norm-groups").network().layers[3] as NormLayer)],
  poolKernel: (["pool", "pool-2d", "pool-past", "pool-same"] as const).map((id) =>
    poolKernel(twinCase(id).network().layers[0] as PoolLayer, STATE_SIZE),
  ),
  rearrangeKernel: [rearrangeKernel(9, 11, 0.5)],
  reduceKernel: [reduceKernel(twinCase("reduce-max").network().layers[1] as ReduceLayer)],
  recurrenceKernel: ["rows-gru-0", "steps-gru-3", "dual-path-last", "dual-path-int8", "frame-axes-gates"].flatMap(
    (id) =>
      (twinCase(id).network().layers.filter(hasFrameAxes) as RecurrentLayer[]).map((layer) => {
        const range = layer.frameSteps === null ? null : { start: 0, end: layer.frameSteps };
        return recurrenceKernel(layer, STATE_SIZE, range);
      }),
  ),
  sampleKernel: [sampleKernel(70, true), sampleKernel(5000, false)],
  softmaxKernel: [softmaxKernel(9, "softmax"), softmaxKernel(9, "logSoftmax")],
  topKKernel: [topKKernel(9, 3), topKKernel(5000, 5)],
};

const specs = Object.values(samples).flat();
const shaders = readShaders("shaders/");
const snippets = readShaders("shaders/lib/");

describe("kernels", () => {
  it("are all in this test", async () => {
    const factories: string[] = [];
    for (const file of readdirSync(`${projectRoot}src/kernels`)) {
      const module = (await import(`${projectRoot}src/kernels/${file}`)) as object;
      factories.push(...Object.keys(module).filter((name) => name.endsWith("Kernel")));
    }
    expect(factories.sort()).toEqual(Object.keys(samples).sort());
  });

  for (const spec of specs) {
    it(`say what their WGSL says: ${spec.label}`, () => {
      expect(checkKernel(spec, shaderOf(spec))).toEqual([]);
    });

    it(`dispatch a positive number of workgroups for any number of rows: ${spec.label}`, () => {
      for (const numRows of [1, 5, 1000]) {
        const counts = spec.workgroups(numRows);
        expect(counts).toHaveLength(3);
        for (const count of counts) expect(Number.isInteger(count) && count > 0).toBe(true);
      }
    });
  }

  it("have each a label of their own", () => {
    expect(new Set(specs.map(({ label }) => label)).size).toBe(specs.length);
  });
});

describe("the checker of kernels", () => {
  const spec = recurrentStepKernel(gru, STATE_SIZE, { units: 1, rows: 1 });
  const { HIDDEN_SIZE: _, ...withoutSize } = spec.constants;
  const faulty: [what: string, spec: KernelSpec, fault: RegExp][] = [
    [
      "a binding of the wrong type",
      { ...spec, bindings: [...spec.bindings.slice(0, -1), "uniform"] },
      /expected the bindings/,
    ],
    ["a binding too few", { ...spec, bindings: spec.bindings.slice(0, -1) }, /expected the bindings/],
    [
      "two bindings swapped",
      { ...spec, bindings: ["storage", ...spec.bindings.slice(1, -1), "uniform"] },
      /expected the bindings/,
    ],
    ["a missing constant", { ...spec, constants: withoutSize }, /expected the constants .*HIDDEN_SIZE/],
    ["a constant too many", { ...spec, constants: { ...spec.constants, SIZE: 1 } }, /expected the constants .*SIZE/],
    ["a constant that is no number", { ...spec, constants: { ...spec.constants, HIDDEN_SIZE: NaN } }, /to be a number/],
    ["another entry point", { ...spec, entryPoint: "main" }, /expected to enter at recurrent_step, got main/],
    [
      "a default",
      withSource((source) => `${source}\noverride SPEED: u32 = 3;`),
      /expected no default for SPEED, got 3/,
    ],
    [
      "a second entry point",
      withSource((source) => `${source}\n@compute @workgroup_size(1) fn other() {}`),
      /expected one entry point, recurrent_step, got recurrent_step,other/,
    ],
    [
      "a workgroup size of its own",
      withSource((source) => source.replace("workgroup_size(WORKGROUP_SIZE)", "workgroup_size(64)")),
      /expected the workgroup size WORKGROUP_SIZE, got 64/,
    ],
    [
      "a binding number left out",
      withSource((source) => source.replace("@binding(7)", "@binding(9)")),
      /expected the bindings/,
    ],
  ];
  for (const [what, each, fault] of faulty) {
    it(`reports ${what}`, () => {
      expect(checkKernel(each, "recurrent_step").join("\n")).toMatch(fault);
    });
  }

  it("allows an override that is computed from others", () => {
    const computed = withSource((source) => `${source}\noverride VEC4S: u32 = (HIDDEN_SIZE + 3) / 4;`);
    expect(checkKernel(computed, "recurrent_step")).toEqual([]);
  });

  function withSource(change: (source: string) => string): KernelSpec {
    return { ...spec, source: change(spec.source) };
  }
});

describe("shaders", () => {
  it("size the arrays of a workgroup by a name or a number: Firefox 153 crashes on an expression", () => {
    const sources = [...shaders.values(), ...snippets.values()].join("\n");
    const sizes = [...sources.matchAll(/var<workgroup> \w+: array<\w+(?:<\w+>)?, ([^>]+)>/g)].map(([, size]) => size);
    expect(sizes.length).toBeGreaterThan(5);
    expect(sizes.filter((size) => !/^\w+$/.test(size!))).toEqual([]);
  });

  for (const [name, source] of shaders) {
    it(`are used by a kernel: ${name}.wgsl`, () => {
      expect(specs.filter((spec) => shaderOf(spec) === name)).not.toEqual([]);
    });

    it(`name a CPU twin that exists: ${name}.wgsl`, () => {
      const twins = /^\/\/ CPU twins?: (.+)$/m.exec(source)![1]!.split(", ");
      for (const twin of twins) {
        expect(twin).toMatch(/^(src\/layers|test\/harness\/reference)\//);
        expect(existsSync(projectRoot + twin)).toBe(true);
      }
    });
  }

  for (const [name, source] of snippets) {
    it(`are used by a kernel: lib/${name}.wgsl`, () => {
      expect(specs.filter((spec) => spec.source.includes(source))).not.toEqual([]);
    });
  }
});

/** Source of each .wgsl file of a folder, by its name without the ending. */
function readShaders(folder: string): Map<string, string> {
  const files = readdirSync(projectRoot + folder).filter((file) => file.endsWith(".wgsl"));
  return new Map(files.map((file) => [basename(file, ".wgsl"), readFileSync(projectRoot + folder + file, "utf8")]));
}

/** Name of the one shader file that a spec's source holds. */
function shaderOf({ source }: KernelSpec): string {
  return [...shaders]
    .filter(([, text]) => source.includes(text))
    .map(([name]) => name)
    .join();
}
