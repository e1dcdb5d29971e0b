/** One call: a LiveKit room with this page's choices, and all that the page can do in it. */

import {
  ConnectionState,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  RoomEvent,
  Track,
  type LocalTrack,
} from "livekit-client";

import type { Admission } from "../admission";
import type { Announcer } from "../announcer";
import type { Kind, Tracks } from "../capture";
import type { Preferences } from "../preferences";
import { problemOf, type Problem } from "../problems";
import { Chat } from "./chat";
import { endingOf, type Ending } from "./ending";
import { narrate } from "./narrator";
import { peopleIn, type Person } from "./roster";
import { playSound } from "./sound";
import { hearClinic } from "./tidings";

export interface Trouble {
  readonly with: Kind | "screen" | "publish";
  readonly problem: Problem;
}

export type DeviceKind = Kind | "speaker";
export type ChosenDevices = Pick<Preferences, DeviceKind>;

// Everything after which something on the screen may look different.
const CHANGES = [
  RoomEvent.ConnectionStateChanged,
  RoomEvent.Reconnecting,
  RoomEvent.SignalReconnecting,
  RoomEvent.Reconnected,
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.AudioPlaybackStatusChanged,
  RoomEvent.VideoPlaybackStatusChanged,
] as const;

/** Dispatches `change`, and `end` with a `MessageEvent` whose data is the `Ending`. */
export class Call extends EventTarget {
  readonly chat: Chat;
  /** What was on when the call ended, or is on now. */
  left = { camera: false, microphone: false };
  readonly #room: Room;
  #trouble: Trouble | undefined;
  #tiding: string | undefined;
  #silent = false;

  /** Audio elements are put into `place`. */
  constructor(devices: ChosenDevices, announcer: Announcer, place: HTMLElement) {
    super();
    this.#room = new Room({
      adaptiveStream: true,
      dynacast: true,
      ...(devices.microphone !== "" && { audioCaptureDefaults: { deviceId: devices.microphone } }),
      ...(devices.camera !== "" && { videoCaptureDefaults: { deviceId: devices.camera } }),
      ...(devices.speaker !== "" && { audioOutput: { deviceId: devices.speaker } }),
    });
    this.chat = new Chat(this.#room);
    this.chat.addEventListener("change", () => this.#changed());
    playSound(this.#room, place);
    narrate(this.#room, this.chat, announcer);
    hearClinic(this.#room, (text) => {
      announcer.say(text);
      this.#tiding = text;
      this.#changed();
    });
    this.#listen();
  }

  /** Resolves once connected; the tracks are on their way then. Raises what livekit-client raises. */
  async join(admission: Admission, takeTracks: () => Tracks): Promise<void> {
    await this.#room.connect(admission.url, admission.token);
    const { camera, microphone } = takeTracks();
    if (microphone !== undefined) void this.#publish(adoptMicrophone(microphone));
    if (camera !== undefined) void this.#publish(adoptCamera(camera));
  }

  async leave(): Promise<void> {
    await this.#room.disconnect();
  }

  get people(): Person[] {
    return peopleIn(this.#room);
  }

  get microphone(): boolean {
    return this.#room.localParticipant.isMicrophoneEnabled;
  }

  get camera(): boolean {
    return this.#room.localParticipant.isCameraEnabled;
  }

  get screen(): boolean {
    return this.#room.localParticipant.isScreenShareEnabled;
  }

  /** The track that a level meter can listen to. */
  get microphoneTrack(): MediaStreamTrack | undefined {
    const publication = this.#room.localParticipant.getTrackPublication(Track.Source.Microphone);
    return publication?.isMuted === false ? publication.track?.mediaStreamTrack : undefined;
  }

  /** The devices in use, as far as the browser tells. */
  get devices(): ChosenDevices {
    const local = this.#room.localParticipant;
    const used = (source: Track.Source): string =>
      local.getTrackPublication(source)?.track?.mediaStreamTrack.getSettings().deviceId ?? "";
    return {
      camera: used(Track.Source.Camera),
      microphone: used(Track.Source.Microphone),
      speaker: this.#room.getActiveDevice("audiooutput") ?? "",
    };
  }

  get reconnecting(): boolean {
    const { state } = this.#room;
    return state === ConnectionState.Reconnecting || state === ConnectionState.SignalReconnecting;
  }

  /** The browser plays nothing before somebody clicks. */
  get soundBlocked(): boolean {
    return !this.#room.canPlaybackAudio || !this.#room.canPlaybackVideo;
  }

  /** The microphone is on and gives nothing. */
  get silent(): boolean {
    return this.#silent && this.microphone;
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** The newest that the clinic has told. */
  get tiding(): string | undefined {
    return this.#tiding;
  }

  dismissTiding(): void {
    this.#tiding = undefined;
    this.#changed();
  }

  dismissTrouble(): void {
    this.#trouble = undefined;
    this.#changed();
  }

  /** To be called from a click or key, else browsers refuse. */
  async startPlayback(): Promise<void> {
    await Promise.allSettled([this.#room.startAudio(), this.#room.startVideo()]);
  }

  async toggleMicrophone(): Promise<void> {
    const participant = this.#room.localParticipant;
    await this.#try("microphone", participant.setMicrophoneEnabled(!this.microphone));
  }

  async toggleCamera(): Promise<void> {
    await this.#try("camera", this.#room.localParticipant.setCameraEnabled(!this.camera));
  }

  async toggleScreen(): Promise<void> {
    const options = { audio: true, contentHint: "detail" } as const;
    await this.#try(
      "screen",
      this.#room.localParticipant.setScreenShareEnabled(!this.screen, options),
    );
  }

  async switchDevice(kind: DeviceKind, deviceId: string): Promise<void> {
    const names = {
      camera: "videoinput",
      microphone: "audioinput",
      speaker: "audiooutput",
    } as const;
    const device = deviceId === "" ? "default" : deviceId;
    const switched = this.#room.switchActiveDevice(names[kind], device, false);
    await this.#try(kind === "speaker" ? "microphone" : kind, switched);
  }

  #listen(): void {
    for (const event of CHANGES) this.#room.on(event, () => this.#changed());
    const keep = (): void => {
      this.left = { camera: this.camera, microphone: this.microphone };
    };
    this.#room
      .on(RoomEvent.TrackMuted, keep)
      .on(RoomEvent.TrackUnmuted, keep)
      .on(RoomEvent.LocalTrackPublished, keep)
      .on(RoomEvent.LocalAudioSilenceDetected, () => this.#setSilent(true))
      .on(RoomEvent.ActiveSpeakersChanged, (speakers) => {
        if (speakers.includes(this.#room.localParticipant)) this.#setSilent(false);
      })
      .on(RoomEvent.Disconnected, (reason) => {
        this.dispatchEvent(new MessageEvent<Ending>("end", { data: endingOf(reason) }));
      });
  }

  #setSilent(silent: boolean): void {
    this.#silent = silent;
    this.#changed();
  }

  async #publish(track: LocalTrack): Promise<void> {
    const published = this.#room.localParticipant.publishTrack(track);
    if (!(await this.#try("publish", published))) track.stop();
  }

  async #try(subject: Trouble["with"], action: Promise<unknown>): Promise<boolean> {
    try {
      await action;
      if (this.#trouble?.with === subject) this.#trouble = undefined;
      return true;
    } catch (error) {
      if (this.#room.state === ConnectionState.Disconnected) return false; // left meanwhile
      const problem = problemOf(error);
      // Closing the browser's own choice of windows is no trouble.
      if (subject !== "screen" || problem !== "denied") this.#trouble = { with: subject, problem };
      return false;
    } finally {
      this.#changed();
    }
  }

  #changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

// `false`: livekit-client owns the track from here on, so that it stops the camera on mute.
function adoptCamera(track: MediaStreamTrack): LocalTrack {
  const adopted = new LocalVideoTrack(track, track.getConstraints(), false);
  adopted.source = Track.Source.Camera;
  return adopted;
}

function adoptMicrophone(track: MediaStreamTrack): LocalTrack {
  const adopted = new LocalAudioTrack(track, track.getConstraints(), false);
  adopted.source = Track.Source.Microphone;
  return adopted;
}
