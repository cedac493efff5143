/** A contender that takes turns with others: one turn gives its times in us. Results are checked with the clock stopped. */
export type Lane = (round: number) => Promise<number[]>;

/**
 * Runs lanes in turn, round by round, so that a machine that slows down slows all of them down. Each round begins with
 * another lane.
 *
 * @returns the times of each lane, round by round, without the first `numWarmups` rounds
 */
export async function interleave(lanes: readonly Lane[], numWarmups: number, numRuns: number): Promise<number[][][]> {
  const times: number[][][] = lanes.map(() => []);
  for (let round = 0; round < numWarmups + numRuns; round++) {
    for (let turn = 0; turn < lanes.length; turn++) {
      const lane = (round + turn) % lanes.length;
      const laneTimes = await lanes[lane]!(round);
      if (round >= numWarmups) times[lane]!.push(laneTimes);
    }
  }
  return times;
}
