// The sensor's signal: two sines whose pitch and strength drift, and noise. The same kind as demo/training/sensor.py's.

export const RATE_HZ = 100;

const SINES = [
  { centreHz: 0.5, amplitude: 0.7 },
  { centreHz: 1.8, amplitude: 0.3 },
] as const;

/** Pitch and strength wander about their centres by this share, and forget where they were in this time. */
const DRIFT = 0.2;
const MEMORY_SECONDS = 3;
const NOISE = 0.02;

const KEEP = Math.exp(-1 / (RATE_HZ * MEMORY_SECONDS));
const KICK = DRIFT * Math.sqrt(1 - KEEP * KEEP);

/**
 * A sensor's values, one for each call.
 *
 * @param random uniform numbers in [0, 1)
 */
export function sensorSignal(random: () => number): () => number {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const sines = SINES.map((sine) => ({
    ...sine,
    phase: 2 * Math.PI * random(),
    pitch: DRIFT * normal(),
    strength: DRIFT * normal(),
  }));
  return () => {
    let value = NOISE * normal();
    for (const sine of sines) {
      sine.pitch = KEEP * sine.pitch + KICK * normal();
      sine.strength = KEEP * sine.strength + KICK * normal();
      sine.phase += (2 * Math.PI * sine.centreHz * Math.exp(sine.pitch)) / RATE_HZ;
      value += sine.amplitude * Math.exp(sine.strength) * Math.sin(sine.phase);
    }
    return value;
  };
}
