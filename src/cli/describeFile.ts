import { GruError } from "../errors.js";
import { describeNetwork } from "../entries/safetensors.js";
import { checkDescription } from "../formats/description.js";
import { NamedTensors } from "../formats/namedTensors.js";
import { EXIT } from "./command.js";
import { readBytes, readDescription, readModel } from "./readModel.js";
import { print, printJson } from "./stdout.js";

/** Where the package has it, from a project's folder. */
const SCHEMA = "./node_modules/webgru/dist/description.schema.json";

/**
 * `webgru inspect --description FILE`: prints the layer list of a model; where the file is one itself, checks it.
 *
 * @returns the exit code
 */
export async function describeFile(path: string): Promise<number> {
  if (isList(await readBytes(path))) {
    const description: unknown = await readDescription(path);
    checkDescription(description, new NamedTensors(new Map()));
    await print(
      `${path}: ${description.layers.length} layers, whose fields are right; with a model, its tensors are checked, too`,
    );
    return EXIT.fine;
  }
  const description = await readModel(path, {}).then(
    ({ network }) => describeNetwork(network),
    async (error: unknown) => {
      const open = openDescription(error);
      if (open !== null) await printJson({ $schema: SCHEMA, ...open });
      throw error;
    },
  );
  await printJson({ $schema: SCHEMA, ...description });
  return EXIT.fine;
}

/** Whether a file is a layer list: JSON, and no TF.js model. */
function isList(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, 2 ** 20)).trimStart();
  return text.startsWith("{") && text.includes('"layers"') && !text.includes('"weightsManifest"');
}

/** The description to complete, in the error for a file that does not say how its layers are wired; null in other errors. */
export function openDescription(error: unknown): object | null {
  const cause: unknown = error instanceof GruError ? error.cause : null;
  return typeof cause === "object" && cause !== null && "description" in cause ? (cause.description as object) : null;
}
