/** A sensor's values and their forecasts, step by step, and how far the two are apart. */
export class Trace {
  readonly horizonSteps: number;
  readonly #warmUpSteps: number;
  readonly #values: number[] = [];
  /** By the step that is forecast. */
  readonly #forecasts: number[] = [];
  #numCompared = 0;
  #squares = 0;
  #lastValueSquares = 0;

  /**
   * @param horizonSteps from a value to the one that is forecast from it
   * @param warmUpSteps forecasts made from the first values do not count: the model cannot know the pitch yet
   */
  constructor(horizonSteps: number, warmUpSteps: number) {
    this.horizonSteps = horizonSteps;
    this.#warmUpSteps = warmUpSteps;
  }

  /** Steps whose values are there. */
  get numSteps(): number {
    return this.#values.length;
  }

  value(step: number): number | undefined {
    return this.#values[step];
  }

  forecast(step: number): number | undefined {
    return this.#forecasts[step];
  }

  /** Root mean square error of the forecasts; null before the first that counts. */
  get error(): number | null {
    return this.#numCompared === 0 ? null : Math.sqrt(this.#squares / this.#numCompared);
  }

  /** The same of saying that the last value stays, for the same steps. */
  get lastValueError(): number | null {
    return this.#numCompared === 0 ? null : Math.sqrt(this.#lastValueSquares / this.#numCompared);
  }

  addValue(value: number): void {
    this.#values.push(value);
    this.#compare(this.#values.length - 1);
  }

  /** @param step that the forecast was made from */
  addForecast(step: number, forecast: number): void {
    this.#forecasts[step + this.horizonSteps] = forecast;
    this.#compare(step + this.horizonSteps);
  }

  /** Counts a step when both its value and its forecast are there; whichever comes last calls. */
  #compare(step: number): void {
    const [value, forecast] = [this.#values[step], this.#forecasts[step]];
    const from = step - this.horizonSteps;
    if (value === undefined || forecast === undefined || from < this.#warmUpSteps) return;
    this.#numCompared++;
    this.#squares += (forecast - value) ** 2;
    this.#lastValueSquares += (this.#values[from]! - value) ** 2;
  }
}
