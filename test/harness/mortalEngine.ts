// Engines on the CPU that can be lost or hang, as a GPU can: for tests of recovery, with numbers that are exact.

import { cpuPath } from "../../src/engine/registry.js";
import type { Engine, MortalEngine, Session } from "../../src/engine/engine.js";
import { GruError } from "../../src/errors.js";
import type { Network } from "../../src/model/network.js";

/** An engine that looks like a GPU's, and its end. */
export interface Mortal {
  readonly engine: MortalEngine;
  /** Takes the device away: calls under way fail, and the states are ruined. */
  lose(): void;
  /** Has the device answer nothing until the function that this returns is called. */
  hang(): () => void;
  readonly isDisposed: () => boolean;
}

/** @param delay turns of the event loop until a call is answered */
export async function mortalEngine(network: Network, delay: () => number): Promise<Mortal> {
  const inner = await (await cpuPath()).createEngine(network, "");
  let tellGone!: (error: GruError) => void;
  const gone = new Promise<GruError>((resolve) => (tellGone = resolve));
  let [error, hanging, release]: [GruError | null, Promise<void> | null, () => void] = [null, null, () => {}];
  let [numWaits, signMs, isDisposed] = [0, 0, false];
  const loss = {
    gone,
    onWait: null as (() => void) | null,
    silentMs: () => (numWaits === 0 ? 0 : performance.now() - signMs),
  };
  const answer = async <T>(value: Promise<T>): Promise<T> => {
    if (error !== null) throw error;
    if (numWaits++ === 0) {
      signMs = performance.now();
      loss.onWait?.();
    }
    for (let turn = delay(); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
    if (hanging !== null) await hanging;
    const result = await value;
    numWaits--;
    signMs = performance.now();
    if (error !== null) throw error;
    return result;
  };
  const check = () => {
    if (error !== null) throw error;
  };
  const sync = <Args extends unknown[]>(act: (...args: Args) => void) => {
    return (...args: Args) => {
      check();
      act(...args);
    };
  };
  const sessions = new Set<Session>();
  const createSession = (numSlots: number, sequenceLength: number): Session => {
    const session = inner.createSession(numSlots, sequenceLength);
    sessions.add(session);
    return {
      get numSlots() {
        return session.numSlots;
      },
      maxChunkSteps: 16,
      prepare: (_, numSteps) => (numSteps === 7 && delay() === 1 ? answer(Promise.resolve()) : null), // a kernel to compile
      advance: (request) => answer(session.advance({ ...request, input: request.input.slice() })),
      async *generate(tokens, generation) {
        for await (const chunk of session.generate(tokens, generation)) yield await answer(Promise.resolve(chunk));
      },
      writeState: sync((slot, state) => session.writeState(slot, state)),
      writeStates: sync((states) => session.writeStates(states)),
      readState: (slot) => answer(session.readState(slot)),
      readStates: () => answer(session.readStates()),
      copyState: sync((from, to) => session.copyState(from, to)),
      grow: sync((count) => session.grow(count)),
      dispose: () => session.dispose(),
    };
  };
  const engine: MortalEngine = {
    device: "webgpu",
    deviceName: "a mortal one",
    reason: "asked for",
    isImmediate: false,
    loss,
    createSession,
    describe: () => "on a mortal one",
    describeChoices: () => [],
    dispose: () => (isDisposed = true),
  };
  return {
    engine,
    lose() {
      error = new GruError("device-lost", "it was unplugged");
      for (const session of sessions) session.writeStates(null);
      tellGone(error);
      release();
    },
    hang() {
      hanging = new Promise((resolve) => (release = resolve));
      return () => {
        hanging = null;
        release();
      };
    },
    isDisposed: () => isDisposed,
  };
}

/** The CPU, to go on on. */
export async function cpuEngine(network: Network, reason: string): Promise<Engine> {
  return (await cpuPath()).createEngine(network, reason);
}
