/** How loud a microphone is: arithmetic, and the reading of a live track. */

const SILENCE = -60; // dBFS shown as an empty meter: the noise of a quiet room
const FULL = -6; // dBFS shown as a full one: loud speech close to the microphone

/** Root mean square of samples in -1..1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

/** 0..1 along the meter, even steps of decibels, since that is how we hear. */
export function meterPosition(rms: number): number {
  if (rms <= 0) return 0;
  const decibels = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (decibels - SILENCE) / (FULL - SILENCE)));
}

/** Says when a microphone has given nothing at all for a while (muted in hardware or system). */
export class SilenceWatch {
  #since: number | undefined;

  /** `patience` in seconds. */
  constructor(readonly patience: number) {}

  /** `now` in seconds; true while the silence has lasted longer than the patience. */
  receiveLevel(rms: number, now: number): boolean {
    // A microphone that works gives at least the noise of its own amplifier.
    if (rms > 1e-5) this.#since = undefined;
    else this.#since ??= now;
    return this.#since !== undefined && now - this.#since >= this.patience;
  }
}

/** Listens to one track without playing it. */
export class LevelReader {
  readonly #context = new AudioContext();
  readonly #analyser = this.#context.createAnalyser();
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(track: MediaStreamTrack) {
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
  }

  /** Undefined while the browser still waits for a click or key before it starts audio. */
  read(): number | undefined {
    if (this.#context.state !== "running") {
      void this.#context.resume().catch(() => undefined);
      return undefined;
    }
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return loudness(this.#samples);
  }

  close(): void {
    void this.#context.close();
  }
}
