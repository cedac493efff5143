// Names that every JavaScript object has: as good as any other in a graph.

import { describe, expect, it } from "vitest";
import { writeSafetensors } from "../../src/formats/writeSafetensors.js";
import { loadModel, parseModel } from "../../src/index.js";
import { fromRun, parseOnnx, toRun } from "../../src/entries/onnx.js";
import { runReference } from "../harness/reference/runReference.js";
import { GRU_NODES, GRU_TENSORS, gruFile, ints, onnxFile } from "../files/onnxFile.js";
import { expectRefusal } from "../harness/refusal.js";

const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];

/** The tests' GRU and a dense layer; one value, tensor or port has that name. */
function named(role: "x" | "y" | "Y" | "W" | "z", name: string) {
  const is = (own: string) => (own === role ? name : own);
  const tensors = { ...GRU_TENSORS, one: ints(1), eye: { shape: [2, 2], floats: [1, 2, 3, 4] } };
  const nodes = [...GRU_NODES, ["MatMul", ["y", "eye"], ["z"]] as const];
  return onnxFile({
    nodes: nodes.map(([operator, from, to, attributes = {}]) => [operator, from.map(is), to.map(is), attributes]),
    tensors: Object.fromEntries(Object.entries(tensors).map(([own, tensor]) => [is(own), tensor])),
    inputs: Object.fromEntries([[is("x"), ["time", "batch", 3]]]),
    outputs: [is("z")],
  });
}

const x = { shape: [4, 1, 3], data: Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)) };

/** The graph's output, by its own names. */
async function outputOf(bytes: Uint8Array, input: string, output: string): Promise<number[]> {
  const { graph } = parseOnnx(bytes);
  const given = toRun(graph, Object.fromEntries([[input, x]]));
  const model = await loadModel(bytes, { device: "cpu" });
  const results = await model.run(given.input, given.options);
  model.dispose();
  return Array.from(fromRun(graph, results, given)[output]!.data);
}

for (const name of NAMES) {
  describe(`the name ${name}`, () => {
    for (const role of ["x", "y", "Y", "W", "z"] as const) {
      it(`may be that of the value ${role}`, async () => {
        const expected = await outputOf(named("x", "x"), "x", "z");
        const got = await outputOf(named(role, name), role === "x" ? name : "x", role === "z" ? name : "z");
        expect(got).toEqual(expected);
      });
    }

    it("is missed among tensors where it is an input's", async () => {
      const { graph } = parseOnnx(named("x", name));
      const message = `graph input ${name}: expected shape [time, batch, 3], got none`;
      await expectRefusal(() => toRun(graph, {}), "shape-mismatch", message);
    });

    it("is a layer's in the file that is written of it", async () => {
      const network = parseOnnx(named("z", name));
      const again = await parseModel(writeSafetensors(network));
      expect(again.layers.map((layer) => layer.name)).toEqual(network.layers.map((layer) => layer.name));
      const request = { input: x.data, batchSize: 1 };
      expect(runReference(again, request).output).toEqual(runReference(network, request).output);
    });

    it("is that of no operator", async () => {
      const file = gruFile({ nodes: [[name, ["y"], ["z"]]], outputs: ["z"] });
      const reason = `${name} "${name} of z": no layer of webgru computes this operator`;
      await expectRefusal(() => parseOnnx(file), "unsupported", new RegExp(`of which 1 cannot be run:\n {2}${reason}`));
    });

    it("is that of no operator of another domain", async () => {
      const file = gruFile({ nodes: [["y", ["y"], ["z"], {}, name]], outputs: ["z"] });
      await expectRefusal(() => parseOnnx(file), "unsupported", /no layer of webgru computes this operator/);
    });

    it("is that of no activation and no direction", async () => {
      for (const attributes of [{ activations: [name, "Tanh"] }, { direction: name }]) {
        const file = gruFile({ nodes: [["GRU", ["x", "W", "R"], ["z"], attributes]], outputs: ["z"] });
        await expectRefusal(
          () => parseOnnx(file),
          "unsupported",
          new RegExp(`its (activation|direction) is "${name}"`),
        );
      }
    });

    it("is that of an attribute that nothing reads", () => {
      const nodes = [["Relu", ["y"], ["z"], Object.fromEntries([[name, 1]])]] as const;
      expect(parseOnnx(gruFile({ nodes, outputs: ["z"] })).layers).toHaveLength(2);
    });
  });
}
