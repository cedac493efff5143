import { createModel, defineNetwork, type GruStream, type Network } from "webgru";
import { describe, expect, it } from "vitest";
import { fingerprint } from "../../src/model/fingerprint.js";
import { stateLength } from "../../src/model/network.js";
import { decodeState, encodeState } from "../../src/stream/savedState.js";
import { randomArray, randomInput, randomMixed, randomStack, uniform } from "../cases/random.js";
import { expectClose } from "../harness/close.js";
import { expectRefusal } from "../harness/refusal.js";

const shape = { inputSize: 2, hiddenSizes: [5, 3], resetAfter: true };
const network = randomStack({ seed: 720, ...shape });
/** The same shapes, other weights. */
const sibling = randomStack({ seed: 721, ...shape });
const NOT_OURS = "saved state: these bytes were not made by stream.save()";

describe("a saved state", () => {
  for (const batchSize of [1, 3]) {
    it(`comes back as it was, beside a header of one line: B=${batchSize}`, () => {
      const states = randomStates(network, batchSize);
      const bytes = encodeState(network, states);
      const end = bytes.indexOf(10);
      expect(JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)))).toEqual({
        webgruState: 3,
        model: fingerprint(network.layers),
        batchSize,
        blocks: network.layers.map(({ name }, i) => [`${name}.h`, 1, [5, 3][i]]),
        checksum: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
      expect(bytes.length).toBe(end + 1 + batchSize * 8 * 4);
      expect(decodeState(network, batchSize, bytes)).toEqual(states);
    });
  }

  it("keeps the bits of a NaN, where the model lets it through", () => {
    const words = Uint32Array.from({ length: 8 }, (_, i) => 0x7f800001 + i);
    const [state] = decodeState(network, 1, encodeState(network, [new Float32Array(words.buffer)]), "allow");
    expect(new Uint32Array(state!.buffer)).toEqual(words);
  });

  it("is little-endian float32 past its header", () => {
    const bytes = encodeState(network, [Float32Array.of(1, 0, 0, 0, 0, 0, 0, -2)]);
    const start = bytes.indexOf(10) + 1;
    expect(bytes.slice(start, start + 4)).toEqual(Uint8Array.of(0, 0, 0x80, 0x3f));
    expect(bytes.slice(-4)).toEqual(Uint8Array.of(0, 0, 0, 0xc0));
  });

  it("may begin anywhere in a larger buffer", () => {
    const states = randomStates(network, 2);
    const bytes = encodeState(network, states);
    for (const offset of [1, 2, 3]) {
      const larger = new Uint8Array(bytes.length + 8);
      larger.set(bytes, offset);
      expect(decodeState(network, 2, larger.subarray(offset, offset + bytes.length))).toEqual(states);
    }
  });

  it("is read by a model of the same layers that was made again", () => {
    const states = randomStates(network, 1);
    const again = randomStack({ seed: 720, ...shape });
    expect(decodeState(again, 1, encodeState(network, states))).toEqual(states);
  });
});

describe("a saved state of version 2", () => {
  // Written by the library at commit 5771d44, after a push of [1, -0.5], [0.25, 2].
  const numbers =
    "YmF0Y2hTaXplIjoyLCJoaWRkZW5TaXplcyI6WzNdLCJjaGVja3N1bSI6Ijc0MTJiOGI3Yjg4ZGM2YTYifQpLFqu8HJzFvrFCLj7tlnY+lAQpvvMK2L0=";
  const headers: [boolean, string][] = [
    [true, "eyJ3ZWJncnVTdGF0ZSI6MiwibW9kZWwiOiI3OTRkODRjMDY3ZmVkYjMzIiwi"],
    [false, "eyJ3ZWJncnVTdGF0ZSI6MiwibW9kZWwiOiI5ODY2ZGYzZDBjYzMxZGYyIiwi"],
  ];
  for (const [returnSequences, header] of headers) {
    it(`is read still, of a GRU that gives ${returnSequences ? "every step" : "its last step"}`, async () => {
      const model = await createModel(small(returnSequences), { device: "cpu" });
      const stream = model.createStream({ batchSize: 2 });
      await stream.restore(Uint8Array.from(atob(header + numbers), (byte) => byte.charCodeAt(0)));
      const expected = [-0.09733324497938156, 0.0906483381986618, -0.07226808369159698, -0.007280891295522451];
      expectClose(await stream.push([0.5, 1, -1, 0]), expected, { atol: 1e-6, rtol: 0 });
      model.dispose();
    });
  }
});

describe("a saved state that is not this stream's", () => {
  it("is refused for another model's hidden sizes", async () => {
    const other = randomStack({ seed: 722, inputSize: 2, hiddenSizes: [4, 4], resetAfter: true });
    const message =
      /^saved state: expected blocks \[\["[^"]+\.h",1,5\],\["[^"]+\.h",1,3\]\], this model's, got \[\["[^"]+\.h",1,4\],/;
    await expectRefusal(() => decodeState(network, 1, saved(other)), "shape-mismatch", message);
  });

  it("is refused for another batch size", async () => {
    const message = "saved state: expected batchSize 3, this model's, got 1";
    await expectRefusal(() => decodeState(network, 3, saved(network)), "shape-mismatch", message);
  });

  it("is refused for another model's weights, by their fingerprints", async () => {
    const [want, got] = [network, sibling].map((each) => `"${fingerprint(each.layers)}"`);
    const message = `saved state: expected model ${want}, this model's, got ${got}`;
    await expectRefusal(() => decodeState(network, 1, saved(sibling)), "shape-mismatch", message);
  });

  it("is refused where the header says nothing of them", async () => {
    const message = /^saved state: expected blocks \[.*\], this model's, got undefined$/;
    await expectRefusal(() => decodeState(network, 1, text(`{"webgruState":3}\n`)), "shape-mismatch", message);
  });

  it("is refused for another version", async () => {
    const bytes = text(new TextDecoder("latin1").decode(saved(network)).replace('"webgruState":3', '"webgruState":1'));
    await expectRefusal(
      () => decodeState(network, 1, bytes),
      "unsupported",
      "saved state: expected version 3, got 1; update webgru",
    );
  });
});

describe("bytes that lie", () => {
  const whole = saved(network);
  const header = whole.subarray(0, whole.indexOf(10) + 1);

  const lies: [string, Uint8Array, string][] = [
    ["no bytes", new Uint8Array(), NOT_OURS],
    ["no line", header.subarray(0, -1), NOT_OURS],
    ["an empty line", text("\nabcd"), NOT_OURS],
    ["no JSON", text("{webgruState\n"), NOT_OURS],
    ["JSON of something else", text('{"model":1}\n'), NOT_OURS],
    ["null", text("null\n"), NOT_OURS],
    ["a number", text("1\n"), NOT_OURS],
    ["a list", text("[1]\n"), NOT_OURS],
    ["bytes that are no text", Uint8Array.of(0xff, 0xfe, 10), NOT_OURS],
    ["a safetensors file", Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0, ...text('{"a":1}\n')), NOT_OURS],
    ["one byte less", whole.subarray(0, -1), "saved state: expected 32 bytes of state, got 31"],
    ["the header alone", header, "saved state: expected 32 bytes of state, got 0"],
    ["one byte more", Uint8Array.of(...whole, 0), "saved state: expected 32 bytes of state, got 33"],
    ["NaN", withElement(2, NaN), "saved state: expected finite numbers, got NaN at element 2"],
    ["infinity", withElement(7, -Infinity), "saved state: expected finite numbers, got -Infinity at element 7"],
  ];
  for (const [title, bytes, message] of lies) {
    it(`are refused: ${title}`, async () => {
      await expectRefusal(() => decodeState(network, 1, bytes), "bad-file", message);
    });
  }

  it("are refused for any bit that is another", () => {
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const bytes = whole.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeState(network, 1, bytes), `bit ${bit}`).toThrow(/^saved state: /);
    }
  });

  it("are refused where two numbers have changed places", async () => {
    const bytes = whole.slice();
    bytes.set(whole.subarray(-4), whole.length - 8);
    bytes.set(whole.subarray(-8, -4), whole.length - 4);
    const message = /^saved state: expected checksum [0-9a-f]{16}, got [0-9a-f]{16}: the bytes are damaged$/;
    await expectRefusal(() => decodeState(network, 1, bytes), "bad-file", message);
  });

  it("are refused wherever they are cut", () => {
    for (let end = 0; end < whole.length; end++) {
      expect(() => decodeState(network, 1, whole.subarray(0, end)), `${end} bytes`).toThrow(/^saved state: /);
    }
  });
});

describe("a stream that is saved on the CPU", () => {
  for (const batchSize of [1, 3]) {
    it(`goes on bit for bit in another model of the same layers: B=${batchSize}`, async () => {
      const each = randomMixed(723, "softmax", 4);
      const [first, second] = [randomInput(each, 5 * batchSize, 724), randomInput(each, 5 * batchSize, 725)];
      const stream = (await onCpu(each)).createStream({ batchSize });
      await stream.push(first);
      const bytes = await stream.save();
      const elsewhere = (await onCpu(randomMixed(723, "softmax", 4))).createStream({ batchSize });
      await elsewhere.push(second);
      await elsewhere.restore(bytes);
      expect(await elsewhere.push(second)).toEqual(await stream.push(second));
      expect(await elsewhere.save()).toEqual(await stream.save());
    });
  }

  it("is saved after the pushes made before, and before those made after", async () => {
    const stream = (await onCpu(network)).createStream();
    const [first, bytes, second] = await Promise.all([stream.push([1, 2]), stream.save(), stream.push([1, 2])]);
    expect(second).not.toEqual(first);
    await stream.restore(bytes);
    expect(await stream.push([1, 2])).toEqual(second);
  });

  it("is restored after the pushes made before, and before those made after", async () => {
    const stream = (await onCpu(network)).createStream();
    const zero = await stream.save();
    const calls = [stream.push([1, 2]), stream.restore(zero), stream.push([1, 2])] as const;
    const [before, , after] = await Promise.all(calls);
    expect(after).toEqual(before);
  });

  it("gives bytes that later pushes leave alone", async () => {
    const stream = (await onCpu(network)).createStream();
    const bytes = await stream.save();
    const copy = bytes.slice();
    await stream.push([1, 2]);
    expect(bytes).toEqual(copy);
  });

  it("is done with the caller's bytes when restore returns", async () => {
    const stream = (await onCpu(network)).createStream();
    const first = await stream.push([1, 2]);
    const bytes = freshBytes();
    const restored = stream.restore(bytes);
    bytes.fill(0xff);
    await restored;
    expect(await stream.push([1, 2])).toEqual(first);
  });

  it("keeps its state where it refuses another's", async () => {
    const [stream, twin] = [(await onCpu(network)).createStream(), (await onCpu(network)).createStream()];
    await Promise.all([stream.push([1, 2]), twin.push([1, 2])]);
    await expectRefusal(() => stream.restore(saved(sibling)), "shape-mismatch", /^saved state: expected model/);
    await expectRefusal(() => stream.restore(text("{}\n")), "bad-file", NOT_OURS);
    expect(await stream.push([3, 4])).toEqual(await twin.push([3, 4]));
  });

  it("refuses when it was disposed, or is while it waits", async () => {
    const stream: GruStream = (await onCpu(network)).createStream();
    const waiting = [stream.save(), stream.restore(freshBytes())];
    stream.dispose();
    for (const call of waiting) await expectRefusal(() => call, "disposed", /^stream: already disposed/);
    await expectRefusal(() => stream.save(), "disposed", /^stream: already disposed/);
    await expectRefusal(() => stream.restore(saved(network)), "disposed", /^stream: already disposed/);
  });
});

function onCpu(each: Network) {
  return createModel(each, { device: "cpu" });
}

function freshBytes(): Uint8Array {
  return encodeState(network, [new Float32Array(8)]);
}

function randomStates(each: Network, batchSize: number): Float32Array[] {
  const next = uniform(726);
  return Array.from({ length: batchSize }, () => randomArray(stateLength(each, 1), next));
}

function saved(each: Network): Uint8Array {
  return encodeState(each, randomStates(each, 1));
}

function withElement(at: number, value: number): Uint8Array {
  const [state] = randomStates(network, 1);
  state![at] = value;
  return encodeState(network, [state!]);
}

/** One byte for each character. */
function text(characters: string): Uint8Array {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

/** 2 -> 3 -> 2, of weights that anyone can write down. */
function small(returnSequences: boolean): Network {
  const [weight, recurrentWeight, bias] = [fill(18, 3), fill(27, 5), fill(9, 2)];
  const gru = { type: "gru", name: "gru", inputSize: 2, hiddenSize: 3, returnSequences } as const;
  const head = { type: "dense", name: "head", inputSize: 3, outputSize: 2, activation: "tanh" } as const;
  return defineNetwork({
    layers: [
      { ...gru, weight, recurrentWeight, bias },
      { ...head, weight: fill(6, 4) },
    ],
  });
}

function fill(length: number, k: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => (((i * k) % 7) - 3) / 8);
}
