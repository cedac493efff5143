// Every reader with its fixtures' files, in which numbers or members are changed at random, 200,000 times each: a file is read, or
// refused by a GruError in good time. WEBGRU_FUZZ_RUNS is another number.

import { GruError, parseModel, type ParseModelOptions } from "webgru";
import { expect, it } from "vitest";
import { uniform } from "../../cases/random.js";
import { damagedFile, usedOffsets } from "../../files/damagedFile.js";
import { damagedJson } from "../../files/damagedJson.js";
import { fixtureNames, fixtureParts, otherEndings, readFixture } from "../../files/fixtureFiles.js";
import { onnxFixtureNames, readOnnxFixtureFile } from "../../files/onnxFixtureFiles.js";
import { onnxruntimeFixtureNames, readOnnxruntimeFixture } from "../../files/onnxruntimeFixtureFiles.js";

const NUM_RUNS = Number(process.env["WEBGRU_FUZZ_RUNS"] ?? 200_000);
/** Of the processor, for one file. */
const MAX_MS = 2000;

/** A file, and how it is changed. */
interface Sample {
  readonly name: string;
  readonly options: ParseModelOptions;
  change(next: () => number): { bytes: Uint8Array; options?: ParseModelOptions };
}

const samples = new Map<string, Sample[]>();

function add(reader: string, sample: Sample): void {
  samples.set(reader, [...(samples.get(reader) ?? []), sample]);
}

/** Numbers of the file are changed. */
function addBytes(reader: string, name: string, bytes: Uint8Array, options: ParseModelOptions): void {
  let offsets: number[] | null = null;
  const change = (next: () => number) => ({ bytes: damagedFile(bytes, (offsets ??= usedOffsets(bytes)), next) });
  add(reader, { name, options, change });
}

/** Members of the file's JSON are changed. */
function addJson(reader: string, name: string, bytes: Uint8Array, options: ParseModelOptions): void {
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const change = (next: () => number) => ({ bytes: new TextEncoder().encode(JSON.stringify(damagedJson(json, next))) });
  add(reader, { name, options, change });
}

for (const name of fixtureNames()) {
  const { modelFile } = fixtureParts(name);
  if (modelFile === null) continue;
  const first = modelFile.slice(name.length);
  for (const ending of [first, ...otherEndings(name)]) {
    const { fixture, bytes, files } = readFixture(name, ending);
    const { description, part } = fixture;
    const options = { files, description, part };
    const isJson = ending === ".model.json";
    const reader = isJson ? (name.startsWith("audio_") ? "RTNeural and GuitarML" : "TF.js") : ending;
    addBytes(reader, name, bytes!, options);
    if (isJson) addJson(reader, name, bytes!, options);
    if (description === undefined) continue;
    const change = (next: () => number) => ({
      bytes: bytes!,
      options: { files, description: damagedJson(description, next) as never },
    });
    add("descriptions", { name: name + ending, options, change });
  }
}
for (const name of onnxFixtureNames()) addBytes(".onnx", name, readOnnxFixtureFile(name).bytes, {});
for (const name of onnxruntimeFixtureNames()) {
  const { fixture, bytes } = readOnnxruntimeFixture(name);
  addBytes(".onnx", name, bytes, fixture.options as ParseModelOptions);
}

for (const [reader, ofReader] of samples) {
  it(`reads or refuses: ${reader}`, async () => {
    const next = uniform(900);
    expect(ofReader).not.toEqual([]);
    let numRead = 0;
    for (let run = 0; run < NUM_RUNS; run++) {
      const sample = ofReader[run % ofReader.length]!;
      const { bytes, options = sample.options } = sample.change(next);
      const start = process.cpuUsage();
      try {
        await parseModel(bytes, options);
        numRead++;
      } catch (error) {
        if (!(error instanceof GruError)) throw new Error(`${sample.name}, run ${run}`, { cause: error });
      }
      const { user, system } = process.cpuUsage(start);
      const ms = (user + system) / 1000;
      const slow = `${sample.name}, run ${run}: expected at most ${MAX_MS} ms of the processor, got ${ms}`;
      if (ms > MAX_MS) throw new Error(slow);
    }
    // oxlint-disable-next-line no-console -- the figures of test/README.md
    console.log(`${reader}: ${NUM_RUNS} runs of ${ofReader.length} files, ${numRead} read`);
  });
}
