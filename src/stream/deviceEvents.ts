import type { DeviceChange } from "../engine/engine.js";

/** What happened to a model's GPU. */
export class DeviceEvent extends Event {
  /**
   * `lost`: it went away, and calls wait for the next device. `restored`: a GPU is in use again, with nothing lost. `fallback`: the
   * CPU carries on meanwhile. `stalled`: the GPU owes an answer for longer than `deadlineMs`. `resumed`: it has answered.
   */
  readonly change: DeviceChange["change"];
  /** The reason, for a person. */
  readonly reason: string;

  constructor({ change, reason }: DeviceChange) {
    super("device");
    this.change = change;
    this.reason = reason;
  }
}

type DeviceListener = ((event: DeviceEvent) => void) | { handleEvent(event: DeviceEvent): void };

/** Tells what happens to a model's GPU, by events of type "device". */
export class DeviceEvents extends EventTarget {
  /** As `EventTarget.addEventListener`, for the event "device". */
  override addEventListener(
    type: "device",
    listener: DeviceListener | null,
    options?: AddEventListenerOptions | boolean,
  ): void {
    super.addEventListener(type, listener as EventListenerOrEventListenerObject | null, options);
  }

  /** As `EventTarget.removeEventListener`. */
  override removeEventListener(
    type: "device",
    listener: DeviceListener | null,
    options?: EventListenerOptions | boolean,
  ): void {
    super.removeEventListener(type, listener as EventListenerOrEventListenerObject | null, options);
  }
}
