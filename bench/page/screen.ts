/** One remote video: when it was subscribed, and when which frames were presented. */

import type { RemoteTrack } from 'livekit-client';

export interface Frame {
  at: number; // performance.now() in the callback of its presentation
  received: number; // when its last packet had come, on the same clock; NaN if unknown
  height: number; // pixels
}

export class Screen {
  readonly subscribedAt = performance.now(); // made in the handler of TrackSubscribed
  readonly element: HTMLVideoElement;
  first: Frame | undefined;
  last: Frame | undefined;
  private readonly watchers = new Set<(frame: Frame) => void>();

  constructor(readonly track: RemoteTrack, private readonly note?: (frame: Frame) => void) {
    this.element = document.createElement('video');
    this.element.muted = true;
    this.element.autoplay = true;
    this.element.requestVideoFrameCallback(this.present);
    track.attach(this.element);
    document.body.append(this.element);
  }

  private readonly present = (_: number, metadata: VideoFrameCallbackMetadata) => {
    this.element.requestVideoFrameCallback(this.present);
    const received = metadata.receiveTime ?? NaN;
    this.last = { at: performance.now(), received, height: metadata.height };
    this.first ??= this.last;
    this.note?.(this.last);
    for (const watcher of this.watchers) watcher(this.last);
  };

  /** The next frame that satisfies. */
  next(satisfies: (frame: Frame) => boolean, timeout: number): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.watchers.delete(watch);
      };
      const watch = (frame: Frame) => {
        if (!satisfies(frame)) return;
        stop();
        resolve(frame);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no such frame within ${timeout} ms; last ${JSON.stringify(this.last)}`));
      }, timeout);
      this.watchers.add(watch);
    });
  }
}
