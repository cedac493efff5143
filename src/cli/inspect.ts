import { isStored, type Layer, layerOutputSize, tensorsOf } from "../layers/index.js";
import { describeFields } from "../model/describeLayer.js";
import { canStream, layerNamed, needsEnd, type Network, numParameters } from "../model/network.js";
import { stateShapes } from "../model/state.js";
import { describeNetwork } from "../entries/safetensors.js";
import { defineCommand, EXIT } from "./command.js";
import { describeFile, openDescription } from "./describeFile.js";
import { MODEL_HELP, MODEL_OPTIONS, readModel } from "./readModel.js";
import { describeSource } from "./source.js";
import { count, print, printJson, table } from "./stdout.js";

/** `webgru inspect FILE` */
export const inspect = defineCommand({
  name: "inspect",
  usage: "FILE",
  fileOption: "description",
  summary: "lists a model file's layers, and the inferences made in reading it",
  help: `${MODEL_HELP}
  --description FILE alone, where FILE is a model: prints its layer list, to be edited, with where to find the schema
                      for editors; where FILE is a layer list: checks it
  --json              everything as JSON. Its "description" can be edited and passed as --description; it is printed
                      even if the file does not say how its layers are wired`,
  options: { ...MODEL_OPTIONS, json: { type: "boolean" } },
  numPositionals: 1,
  async run({ positionals: [path], values }) {
    if (path === undefined) return describeFile(values.description!);
    const { network, sizeBytes, start } = await readModel(path!, values).catch(async (error: unknown) => {
      const description = openDescription(error);
      if (values.json && description !== null)
        await printJson({ file: path, unclear: (error as Error).message.split("\n", 1)[0], description });
      throw error;
    });
    const { format, conventions } = describeSource(start, network);
    const layers = network.layers.map(describe);
    const outputs = network.outputs.map((name) => ({ name, size: layerOutputSize(layerNamed(network, name)) }));
    const isStreamable = canStream(network);
    const warnings = warn(network);
    const shapes = stateShapes(network);
    const states = Object.entries(shapes).map(([name, shape]) => `${name} [${shape.join(", ")}]`);
    const { inputType, inputSize, notes, vocabulary } = network;
    if (values.json) {
      await printJson({
        file: path,
        sizeBytes,
        format,
        conventions,
        inputType,
        inputSize,
        outputs,
        parameters: numParameters(network),
        vocabularySize: vocabulary?.length ?? null,
        canStream: isStreamable,
        states: shapes,
        layers,
        notes,
        warnings,
        description: describeNetwork(network),
      });
      return EXIT.fine;
    }
    await print(
      `${path}: ${format}, ${count(sizeBytes)} bytes`,
      `conventions: ${conventions}`,
      `input: ${inputType === "indices" ? "an index" : `${count(inputSize)} features`} a step`,
      `outputs: ${outputs.map(({ name, size }) => `${name} (${count(size)})`).join(", ")}`,
      `streams: ${isStreamable ? "yes" : `no, ${whyNoStreams(network)}`}`,
      ...(states.length > 0 ? [`state of a row: ${states.join(", ")}`] : []),
      `parameters: ${count(numParameters(network))}`,
      ...table([
        ["layer", "type", "reads", "storage", "parameters", "tensors"],
        ...layers.map(({ name, type, inputs, storage, parameters, tensors }) => [
          name,
          type,
          inputs.join(", "),
          storage,
          count(parameters),
          Object.entries(tensors)
            .map(([tensor, shape]) => `${tensor} [${shape.join(", ")}]`)
            .join(" "),
        ]),
      ]),
      ...notes.map((note) => `note: ${note}`),
      ...warnings.map((warning) => `warning: ${warning}`),
    );
    return EXIT.fine;
  },
});

/** Why a network has no streams, in words. */
function whyNoStreams(network: Network): string {
  const end = needsEnd(network);
  if (end === null) return "it sees each row's last step first";
  return `layer "${end.layer.name}", ${end.reason}, needs the whole sequence`;
}

interface LayerSummary {
  readonly name: string;
  readonly type: string;
  readonly inputs: readonly string[];
  readonly storage: string;
  readonly parameters: number;
  /** Shapes by the tensors' names. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

function describe(layer: Layer): LayerSummary {
  const { name, inputs, storage } = layer;
  const present = tensorsOf(layer).filter(({ values }) => values !== null);
  const tensors = Object.fromEntries(present.map(({ name: tensor, shape }) => [tensor, shape]));
  const parameters = numParameters({ layers: [layer] });
  const words = describeFields(layer).words.filter(
    ({ kind, isDefault }) => kind !== "number" && !(kind === "activation" && isDefault),
  );
  const type = [layer.type, words.map(({ text }) => text).join(", ")].join(" ").trim();
  return { name, type, inputs, storage, parameters, tensors };
}

/** Terms above this leave a rounding error of about 0.001 in a float32 sum. */
const LARGE_WEIGHT = 1e4;

/** Warnings about weights that a trained model hardly has. */
function warn({ layers }: Network): string[] {
  return layers.flatMap((layer) => {
    const matrices = tensorsOf(layer).filter(isStored);
    if (matrices.length === 0) return [];
    const largest = Math.max(
      ...matrices.map(({ values }) => values!.reduce((max, value) => Math.max(max, Math.abs(value)), 0)),
    );
    if (largest === 0) return [`layer "${layer.name}": all weights are zero; was the model trained and saved?`];
    return largest > LARGE_WEIGHT ? [`layer "${layer.name}": weights as large as ${largest.toPrecision(2)}`] : [];
  });
}
