/** One participant who has accidents. All times are milliseconds since 1970, for all tabs alike. */

import {
  ConnectionState,
  type LocalTrackPublication,
  type RemoteTrackPublication,
  Room,
  RoomEvent,
  Track,
  VideoPresets,
  type VideoQuality,
  setLogLevel,
} from 'livekit-client';
import { answer } from '../answer';
import { Screen } from '../screen';

setLogLevel('warn');

const PATIENCE = 30_000; // milliseconds
const LOOK = 20; // milliseconds between two looks at the sender's layers

interface Layer {
  isActive: boolean;
  packets: number;
  stoppedAt: number; // when it was turned off last
  grewAt: number; // when a packet of it was seen to have left last
}

const room = new Room({ dynacast: true });
const frames = new Map<string, number[]>(); // when they were presented, by identity
const screens = new Map<string, Screen>();
const layers = new Map<string, Layer>(); // of our camera, by rid
const spoke: { identity: string; at: number }[] = [];
let camera: LocalTrackPublication | undefined;
let voice: GainNode | undefined;

room.on(RoomEvent.TrackSubscribed, (track, _, { identity }) => {
  if (track.kind !== Track.Kind.Video) return void document.body.append(track.attach());
  const times = frames.get(identity) ?? [];
  frames.set(identity, times);
  screens.set(identity, new Screen(track, (frame) => times.push(absolute(frame.at))));
});
room.on(RoomEvent.TrackUnsubscribed, (track, _, { identity }) => {
  for (const element of track.detach()) element.remove();
  if (screens.get(identity)?.track === track) screens.delete(identity);
});
room.on(RoomEvent.ActiveSpeakersChanged, (speakers) => {
  for (const { identity } of speakers) spoke.push({ identity, at: now() });
});

function absolute(at: number): number {
  return performance.timeOrigin + at;
}

function now(): number {
  return absolute(performance.now());
}

async function join(url: string, token: string) {
  await room.connect(url, token);
}

async function publish() {
  const constraints = { video: { width: 1280, height: 720, frameRate: 30 } };
  const [track] = (await navigator.mediaDevices.getUserMedia(constraints)).getVideoTracks();
  camera = await room.localParticipant.publishTrack(track, {
    source: Track.Source.Camera,
    videoCodec: 'vp8',
    simulcast: true,
    videoSimulcastLayers: [VideoPresets.h180, VideoPresets.h360],
  });
}

/** Have an accident; when it began, and when livekit-client said that it was over. */
async function recover(scenario: Parameters<Room['simulateScenario']>[0]) {
  const over = new Promise<number>((resolve, reject) => {
    room.once(RoomEvent.Reconnected, () => resolve(now()));
    setTimeout(() => reject(new Error(`not back within ${PATIENCE} ms`)), PATIENCE);
  });
  const began = now();
  await room.simulateScenario(scenario);
  return { began, over: await over };
}

/** Wait for a picture of somebody after that time; all that were shown since `since`. */
async function seen(identity: string, since: number, after: number) {
  await until(`a picture of ${identity}`, () => (frames.get(identity)?.at(-1) ?? 0) > after);
  return frames.get(identity)!.filter((at) => at >= since);
}

/** Ask for a layer of somebody's camera; when that was. */
function want(identity: string, quality: VideoQuality) {
  const other = room.getParticipantByIdentity(identity);
  const publication = other?.getTrackPublication(Track.Source.Camera);
  if (!publication) throw new Error(`${identity} has no camera`);
  const at = now();
  (publication as RemoteTrackPublication).setVideoQuality(quality);
  return at;
}

async function look() {
  const sender = camera?.videoTrack?.sender;
  if (!sender || room.state !== ConnectionState.Connected) return;
  for (const { rid, active } of sender.getParameters().encodings) {
    const layer = layers.get(rid!) ?? { isActive: true, packets: 0, stoppedAt: NaN, grewAt: NaN };
    layers.set(rid!, layer);
    if (layer.isActive && !active) layer.stoppedAt = now();
    layer.isActive = active ?? true;
  }
  (await sender.getStats()).forEach((entry) => {
    const layer = entry.type === 'outbound-rtp' && layers.get(entry.rid);
    if (!layer || entry.packetsSent === layer.packets) return;
    layer.packets = entry.packetsSent;
    layer.grewAt = now();
  });
}

/** Watch the layers of our camera from now on. */
async function watch() {
  await look();
  setTimeout(watch, LOOK);
}

/** When our camera's layer was turned off. */
async function stops(rid: string) {
  await until(`layer ${rid} stops`, () => layers.get(rid)?.isActive === false);
  return layers.get(rid)!.stoppedAt;
}

/** When the first packet of our camera's layer was seen to have left after that time. */
async function flows(rid: string, after: number) {
  await until(`layer ${rid} flows`, () => (layers.get(rid)?.grewAt ?? 0) > after);
  return layers.get(rid)!.grewAt;
}

/** Publish a microphone in which nobody speaks yet. */
async function publishSilence() {
  const context = new AudioContext({ sampleRate: 48000 });
  voice = new GainNode(context, { gain: 0 });
  const oscillator = new OscillatorNode(context, { frequency: 440 });
  const destination = context.createMediaStreamDestination();
  oscillator.connect(voice).connect(destination);
  oscillator.start();
  const [track] = destination.stream.getAudioTracks();
  await room.localParticipant.publishTrack(track, { source: Track.Source.Microphone });
}

/** Speak from now on; when that is. */
function speak() {
  voice!.gain.value = 0.5;
  return now();
}

/** When we were told first that somebody speaks. */
async function speaks(identity: string) {
  await until(`${identity} speaks`, () => spoke.some((one) => one.identity === identity));
  return spoke.find((one) => one.identity === identity)!.at;
}

async function leave() {
  await room.disconnect();
}

async function until(what: string, look: () => boolean) {
  const deadline = performance.now() + PATIENCE;
  while (!look()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${PATIENCE} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

answer({ join, publish, recover, seen, want, watch, stops, flows, publishSilence, speak, speaks,
         leave });
