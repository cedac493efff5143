// The browser tests of which `npm test` takes a part, whole.

const parts = ["cpu", "fixtures", "heldState", "keptNan", "onnxFixtures", "onnxruntimeFixtures"];

for (const part of parts) await import(`../browser/${part}.test.ts`);
