import type { CellType } from "../../test/cases/random.js";
import type { Contender } from "../contender.js";
import { openField } from "../field.js";
import { interleave, type Lane } from "../lanes.js";
import { makeProblem } from "../problem.js";
import type { Row } from "../row.js";
import type { MeasureRequest } from "../workload.js";
import { push, pushRow } from "./pushes.js";

/** The first is the one that the others are measured against. */
const CELLS: readonly CellType[] = ["gru", "lstm", "rnn"];

/** Pushes of a turn, timed together: a page's clock steps by 5 us, and a push on the CPU takes few more. */
const PUSHES_PER_TURN = 10;
const WARMUP_TURNS = 2;

/**
 * Times single steps of a stream, of a layer of each recurrent type and the same sizes, in turns on one contender.
 *
 * @throws Error for a wrong result, warm-up or timed
 */
export async function measureCells([contender]: readonly Contender[], request: MeasureRequest): Promise<Row[]> {
  const { shape, numRuns } = request;
  const numTurns = Math.ceil(numRuns / PUSHES_PER_TURN);
  const cells: Cell[] = [];
  try {
    for (const type of CELLS) cells.push(await openCell(type));
    const lanes = cells.map(({ step }) => step);
    const times = await interleave(lanes, WARMUP_TURNS, numTurns);
    return cells.map(({ name, maxError }, i) => pushRow(request, name, times[i]!.flat(), maxError()));
  } finally {
    for (const { dispose } of cells) dispose();
  }

  async function openCell(type: CellType): Promise<Cell> {
    const problem = makeProblem({ ...shape, sequenceLength: 1 + PUSHES_PER_TURN * (WARMUP_TURNS + numTurns) }, type);
    const field = await openField(
      [contender!],
      request,
      problem,
      (prepared) => prepared.openStream(),
      async (stream, checker) => void (await push(stream, checker, problem, 0)),
    );
    const { name, ready, checker } = field.entrants[0]!;
    return {
      name: `${name}, ${type}`,
      step: async (turn) => {
        let timeUs = 0;
        for (let i = 0; i < PUSHES_PER_TURN; i++) {
          timeUs += await push(ready, checker, problem, 1 + turn * PUSHES_PER_TURN + i);
        }
        return [timeUs / PUSHES_PER_TURN];
      },
      maxError: () => checker.maxError,
      dispose: () => field.dispose(),
    };
  }
}

/** A layer of one type that is ready. */
interface Cell {
  readonly name: string;
  readonly step: Lane;
  readonly maxError: () => number;
  dispose(): void;
}
