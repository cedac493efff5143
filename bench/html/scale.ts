/** Where numbers are along an axis. */
export interface Scale {
  /** Rising, with round steps; where there is a grid line and a number. */
  readonly ticks: readonly number[];
  /** From a value to its place, in [0, 1]. */
  at(value: number): number;
}

/** Round numbers are some of these times a power of ten: as many as there is room for. */
const STEPS = [[1, 2, 5], [1, 3], [1]]; // prettier-ignore
const MAX_TICKS = 6;

/** A logarithmic axis; the ends are ticks. Zero, which a clock gives for what is shorter than its step, is at the first. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const ticks = positive.length === 0 ? [1, 10] : roundNumbers(Math.min(...positive), Math.max(...positive));
  const [first, last] = [Math.log(ticks[0]!), Math.log(ticks.at(-1)!)];
  return { ticks, at: (value) => (Math.max(Math.log(value), first) - first) / (last - first) };
}

/** An axis whose ticks are the values themselves, all equally far apart. */
export function stepScale(values: readonly number[]): Scale {
  const ticks = [...new Set(values)].sort((a, b) => a - b);
  return { ticks, at: (value) => (ticks.length === 1 ? 0.5 : ticks.indexOf(value) / (ticks.length - 1)) };
}

/** A linear axis from zero. */
export function linearScale(values: readonly number[]): Scale {
  const max = Math.max(...values);
  const step = roundNumbers(max / MAX_TICKS, max / MAX_TICKS).at(-1)!;
  const ticks = Array.from({ length: Math.ceil(max / step) + 1 }, (_, i) => i * step);
  return { ticks, at: (value) => value / ticks.at(-1)! };
}

/** From the last round number at or under `min` to the first one at or over `max`; two at the least. */
function roundNumbers(min: number, max: number): number[] {
  const choices = STEPS.map((steps) => roundNumbersOf(steps, min, max));
  return choices.find(({ length }) => length <= MAX_TICKS) ?? choices.at(-1)!;
}

function roundNumbersOf(steps: readonly number[], min: number, max: number): number[] {
  const numbers: number[] = [];
  for (let power = Math.floor(Math.log10(min)) - 1; ; power++) {
    for (const step of steps) {
      const number = Number(`${step}e${power}`);
      if (number <= min) numbers.length = 0;
      numbers.push(number);
      if (number >= max && numbers.length > 1) return numbers;
    }
  }
}
