import { readFileSync } from "node:fs";
import { type Silero, type SileroFixture, sileros } from "../cases/silero.js";
import { projectRoot } from "../harness/library.js";

/** Where the package has its models. */
export const SILERO_FOLDER = `${projectRoot}node_modules/@ricky0123/vad-web/dist/`;

export const SILERO_FIXTURE = `${projectRoot}test/fixtures/silero/silero.json`;

/** A model's file, and what onnxruntime makes of it. */
export interface SileroFile {
  readonly silero: Silero;
  readonly bytes: Uint8Array;
  readonly fixture: SileroFixture;
}

export function readSilero(id: string): SileroFile {
  const silero = sileros.find((one) => one.id === id)!;
  const fixtures = JSON.parse(readFileSync(SILERO_FIXTURE, "utf8")) as Record<string, SileroFixture>;
  return { silero, bytes: new Uint8Array(readFileSync(SILERO_FOLDER + silero.file)), fixture: fixtures[id]! };
}
