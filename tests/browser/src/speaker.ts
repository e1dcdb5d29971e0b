/** One remote sound on the page, and the tone that it plays.
 *
 * Judged on a recording, since Web Audio's clock stands still in a Firefox without a sound card.
 */

import type { RemoteTrack } from 'livekit-client';
import { until } from './wait';

const RATE = 48_000; // Hz
const TAKE = 800; // milliseconds of one recording
const FADE = RATE / 4; // samples at its start that may hold the beginning of the sound
const LOUD = 0.02; // root mean square: comfort noise is under 0.001, our tones over 0.1

export class Speaker {
  readonly element: HTMLMediaElement;

  constructor(readonly track: RemoteTrack) {
    this.element = track.attach(); // without an element some browsers decode nothing at all
    document.body.append(this.element);
  }

  /** The frequency in Hz of what is heard, once something is. */
  async tone(timeout: number): Promise<number> {
    let last = { level: 0, frequency: 0 };
    const ends = performance.now() + timeout;
    while (performance.now() < ends) {
      last = measure((await this.record())[0]);
      if (last.level > LOUD) return last.frequency;
    }
    throw new Error(`nothing heard within ${timeout} ms, level ${last.level}`);
  }

  /** The frequency of each channel, once all are heard. */
  async tones(channels: number, timeout: number): Promise<number[]> {
    let last: { level: number; frequency: number }[] = [];
    const ends = performance.now() + timeout;
    while (performance.now() < ends) {
      last = (await this.record(channels)).map(measure);
      if (last.length === channels && last.every(({ level }) => level > LOUD)) {
        return last.map(({ frequency }) => frequency);
      }
    }
    throw new Error(`nothing heard within ${timeout} ms: ${JSON.stringify(last)}`);
  }

  /** Wait until nothing is heard. */
  async silence(timeout: number): Promise<void> {
    const ends = performance.now() + timeout;
    while (performance.now() < ends) {
      if (measure((await this.record())[0]).level < LOUD) return;
    }
    throw new Error(`no silence within ${timeout} ms`);
  }

  /** Samples by channel. */
  private async record(channels = 1): Promise<Float32Array[]> {
    const stream = new MediaStream([this.track.mediaStreamTrack]);
    const recorder = new MediaRecorder(stream);
    const parts: Blob[] = [];
    let stopped = false;
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => (stopped = true);
    recorder.start();
    setTimeout(() => recorder.stop(), TAKE);
    await until(() => stopped, 'a recording', TAKE * 5);
    const context = new OfflineAudioContext(channels, 1, RATE);
    const sound = await context.decodeAudioData(await new Blob(parts).arrayBuffer());
    const found = Math.min(channels, sound.numberOfChannels);
    return Array.from({ length: found }, (_, n) => sound.getChannelData(n).subarray(FADE));
  }
}

/** Level and frequency of a steady tone: a sine crosses zero twice in each period. */
function measure(samples: Float32Array): { level: number; frequency: number } {
  const level = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
  let crossings = 0;
  for (let i = 1; i < samples.length; i++) {
    if (samples[i - 1] < 0 !== samples[i] < 0) crossings += 1;
  }
  return { level: level || 0, frequency: (crossings * RATE) / (2 * samples.length) };
}
