import type { Trace } from "./trace.js";

/** Steps in sight. */
const WINDOW_STEPS = 300;

/** The signal reaches a little further now and then, and is cut off there. */
const LIMIT = 2.2;

/** The elements of the plot's key: each line has the color that its sample has. */
export interface PlotKey {
  readonly signal: Element;
  readonly forecast: Element;
}

/** Draws the latest steps of a trace: the signal up to now, and the forecasts, which are ahead of it. */
export class Plot {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #key: PlotKey;

  constructor(canvas: HTMLCanvasElement, key: PlotKey) {
    this.#canvas = canvas;
    this.#key = key;
    this.#context = canvas.getContext("2d")!;
  }

  draw(trace: Trace): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const ruleColor = getComputedStyle(this.#canvas).borderTopColor;
    this.#fit(width, height);
    const now = trace.numSteps - 1;
    const last = now + trace.horizonSteps;
    const x = (step: number) => width - ((last - step) / WINDOW_STEPS) * width;
    const y = (value: number) => (0.5 - value / (2 * LIMIT)) * height;
    this.#line(
      [0, width].map((at) => [at, y(0)]),
      ruleColor,
      1,
    );
    this.#line(
      [0, height].map((at) => [x(now), at]),
      ruleColor,
      1,
    );
    const line = (read: (step: number) => number | undefined, sample: Element, lineWidth: number) => {
      const points: [number, number][] = [];
      for (let step = Math.max(0, last - WINDOW_STEPS); step <= last; step++) {
        const value = read(step);
        if (value !== undefined) points.push([x(step), y(value)]);
      }
      this.#line(points, getComputedStyle(sample).backgroundColor, lineWidth);
    };
    line((step) => trace.value(step), this.#key.signal, 1.25);
    line((step) => trace.forecast(step), this.#key.forecast, 1.75);
  }

  /** Gives the canvas the pixels that the screen has for it, and clears it. */
  #fit(width: number, height: number): void {
    const ratio = devicePixelRatio;
    const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== pixelWidth) this.#canvas.width = pixelWidth;
    if (this.#canvas.height !== pixelHeight) this.#canvas.height = pixelHeight;
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#context.clearRect(0, 0, width, height);
  }

  #line(points: readonly (readonly number[])[], color: string, lineWidth: number): void {
    const context = this.#context;
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x!, y!);
    context.strokeStyle = color;
    context.lineWidth = lineWidth;
    context.lineJoin = "round";
    context.stroke();
  }
}
