/** One remote video on the page: every presented frame is counted, and can be looked at. */

import type { RemoteTrack } from 'livekit-client';
import { COLOURS } from './sources';
import { until } from './wait';

const FAR = 90; // largest distance from a colour, in RGB, that still is that colour
const WIDTH = 64;
const HEIGHT = 48;
const CHANGED = 3; // mean difference per colour value that is a movement

export interface Presented {
  at: number; // performance.now() at presentation
  height: number; // pixels
}

export class Screen {
  readonly element: HTMLVideoElement;
  frames = 0;
  last: Presented | undefined;
  private readonly watchers = new Set<(frame: Presented) => void>();
  private readonly context: CanvasRenderingContext2D;

  constructor(readonly track: RemoteTrack) {
    this.element = track.attach() as HTMLVideoElement;
    this.element.muted = true;
    document.body.append(this.element);
    const canvas = document.createElement('canvas');
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    this.context = canvas.getContext('2d', { willReadFrequently: true })!;
    this.element.requestVideoFrameCallback(this.present);
  }

  private readonly present = (now: number, metadata: VideoFrameCallbackMetadata) => {
    this.element.requestVideoFrameCallback(this.present);
    this.frames += 1;
    this.last = { at: now, height: metadata.height };
    for (const watcher of this.watchers) watcher(this.last);
  };

  /** Wait until `count` more frames have been presented. */
  async more(count: number, timeout: number): Promise<number> {
    const before = this.frames;
    const what = () => `${count} more frames (${this.frames - before} came)`;
    await until(() => this.frames >= before + count, what, timeout);
    return this.frames;
  }

  /** The moment at which the next frame that satisfies is presented. */
  next(satisfies: (frame: Presented) => boolean, timeout: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.watchers.delete(watch);
      };
      const watch = (frame: Presented) => {
        if (!satisfies(frame)) return;
        stop();
        resolve(performance.now());
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no such frame within ${timeout} ms; last ${JSON.stringify(this.last)}`));
      }, timeout);
      this.watchers.add(watch);
    });
  }

  /** Watch until the quadrants of our own picture have turned `different` times. */
  async turns(different: number, timeout: number) {
    let [changes, frames, unclear] = [0, 0, 0];
    let last: number | undefined;
    await this.each(timeout, 'turning quadrants', () => {
      const turn = this.turn();
      frames += 1;
      if (turn === undefined) unclear += 1;
      else if (turn !== last) [changes, last] = [changes + 1, turn];
      return changes >= different;
    });
    return { changes, frames, unclear };
  }

  /** Watch until the picture has changed `different` times, whatever it shows. */
  async movement(different: number, timeout: number) {
    let [changes, frames] = [0, 0];
    let last: Uint8ClampedArray | undefined;
    await this.each(timeout, 'a moving picture', () => {
      const pixels = this.pixels();
      frames += 1;
      // Against the last change, not the last frame: a fake camera may drift slowly.
      if (!last || difference(last, pixels) > CHANGED) [changes, last] = [changes + 1, pixels];
      return changes > different;
    });
    return { changes, frames };
  }

  /** Wait until nothing has moved for a second, whether frames come or not. */
  async standstill(timeout: number): Promise<void> {
    let last = this.pixels();
    let since = performance.now();
    await until(() => {
      const pixels = this.pixels();
      if (difference(last, pixels) > CHANGED) since = performance.now();
      last = pixels;
      return performance.now() - since > 1000;
    }, 'a picture that stands still', timeout);
  }

  private async each(timeout: number, what: string, done: () => boolean) {
    let finished = false;
    let failure: unknown;
    const watch = () => {
      try {
        finished ||= done();
      } catch (error) {
        failure = error;
        finished = true;
      }
    };
    this.watchers.add(watch);
    try {
      const before = this.frames;
      await until(() => finished, () => `${what} (${this.frames - before} frames)`, timeout);
      if (failure) throw failure;
    } finally {
      this.watchers.delete(watch);
    }
  }

  private pixels(): Uint8ClampedArray {
    this.context.drawImage(this.element, 0, 0, WIDTH, HEIGHT);
    return this.context.getImageData(0, 0, WIDTH, HEIGHT).data;
  }

  /** Is what is shown now our own picture? */
  isClear(): boolean {
    return this.turn() !== undefined;
  }

  /** By how many places the quadrants are turned; undefined when it is not our picture. */
  private turn(): number | undefined {
    const pixels = this.pixels();
    const centres = [[1, 1], [3, 1], [3, 3], [1, 3]];
    const seen = centres.map(([x, y]) => nearest(pixels, (x * WIDTH) / 4, (y * HEIGHT) / 4));
    const turns = new Set(seen.map((colour, place) => (colour + 4 - place) % 4));
    return seen.includes(-1) || turns.size !== 1 ? undefined : [...turns][0];
  }
}

function nearest(pixels: Uint8ClampedArray, x: number, y: number): number {
  const start = (y * WIDTH + x) * 4;
  const distances = COLOURS.map((colour) =>
    Math.hypot(...colour.map((value, channel) => value - pixels[start + channel])),
  );
  const best = Math.min(...distances);
  return best > FAR ? -1 : distances.indexOf(best);
}

function difference(one: Uint8ClampedArray, other: Uint8ClampedArray): number {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += Math.abs(one[i] - other[i]);
  return sum / one.length;
}
