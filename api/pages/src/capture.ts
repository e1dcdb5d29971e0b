/** This person's camera and microphone before the call: ask for them, show them, hand them over.
 *
 * The call takes the very tracks that the lobby shows, so that the browser asks once and the
 * picture does not go dark on the way.
 */

import { problemOf, type Problem } from "./problems";

export type Kind = "camera" | "microphone";

export interface Source {
  wanted: boolean;
  deviceId: string; // empty: the browser chooses
  asking: boolean;
  track: MediaStreamTrack | undefined;
  problem: Problem | undefined;
}

export interface Tracks {
  readonly camera: MediaStreamTrack | undefined;
  readonly microphone: MediaStreamTrack | undefined;
}

function constraintsOf(kind: Kind, deviceId: string): MediaTrackConstraints {
  const device = deviceId === "" ? {} : { deviceId: { ideal: deviceId } };
  if (kind === "camera") {
    return { ...device, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  }
  return { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
}

/** Dispatches `change` whenever something that the page shows has changed. */
export class Capture extends EventTarget {
  readonly camera: Source;
  readonly microphone: Source;

  constructor(devices: { camera: string; microphone: string }) {
    super();
    this.camera = newSource(devices.camera);
    this.microphone = newSource(devices.microphone);
  }

  /** Asks for all that is wanted: together, so that people are asked once. */
  async start(): Promise<void> {
    const missing = (["camera", "microphone"] as const).filter(
      (kind) => this[kind].wanted && this[kind].track === undefined,
    );
    if (missing.length < 2 || !(await this.#ask(missing))) {
      // One of them fails alone: take the other.
      for (const kind of missing) await this.#ask([kind]);
    }
  }

  async setWanted(kind: Kind, wanted: boolean): Promise<void> {
    this[kind].wanted = wanted;
    if (!wanted) this.#drop(kind);
    this.#changed();
    if (wanted) await this.start();
  }

  async setDevice(kind: Kind, deviceId: string): Promise<void> {
    this[kind].deviceId = deviceId;
    this[kind].wanted = true;
    this.#drop(kind);
    await this.start();
  }

  /** Gives the tracks away; they are the caller's to stop. */
  release(): Tracks {
    const tracks = { camera: this.camera.track, microphone: this.microphone.track };
    this.camera.track = this.microphone.track = undefined;
    this.#changed();
    return tracks;
  }

  stop(): void {
    this.#drop("camera");
    this.#drop("microphone");
    this.#changed();
  }

  async #ask(kinds: readonly Kind[]): Promise<boolean> {
    const devices = navigator.mediaDevices as MediaDevices | undefined; // none on http:
    if (devices === undefined) return this.#fail(kinds, "insecure");
    for (const kind of kinds) Object.assign(this[kind], { asking: true, problem: undefined });
    this.#changed();
    try {
      const stream = await devices.getUserMedia(this.#constraints(kinds));
      stream.getTracks().forEach((track) => this.#take(track));
      return true;
    } catch (error) {
      return this.#fail(kinds, problemOf(error));
    } finally {
      for (const kind of kinds) this[kind].asking = false;
      this.#changed();
    }
  }

  #constraints(kinds: readonly Kind[]): MediaStreamConstraints {
    const of = (kind: Kind) => kinds.includes(kind) && constraintsOf(kind, this[kind].deviceId);
    return { video: of("camera"), audio: of("microphone") };
  }

  #take(track: MediaStreamTrack): void {
    const kind = track.kind === "video" ? "camera" : "microphone";
    this.#drop(kind);
    if (!this[kind].wanted) return track.stop(); // switched off while the browser asked
    this[kind].track = track;
    track.addEventListener("ended", () => this.#end(kind, track));
  }

  /** The device was pulled out, or its permission taken back. */
  #end(kind: Kind, track: MediaStreamTrack): void {
    if (this[kind].track !== track) return;
    this[kind].track = undefined;
    this.#fail([kind], "missing");
  }

  #drop(kind: Kind): void {
    this[kind].track?.stop();
    this[kind].track = undefined;
    this[kind].problem = undefined;
  }

  #fail(kinds: readonly Kind[], problem: Problem): false {
    for (const kind of kinds) this[kind].problem = problem;
    this.#changed();
    return false;
  }

  #changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

function newSource(deviceId: string): Source {
  return { wanted: true, deviceId, asking: false, track: undefined, problem: undefined };
}
