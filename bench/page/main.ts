/** One participant to be timed: `housecall.answer(name, parameters)` is the driver's way in. */

import * as marks from './marks'; // first: livekit-client must find our sockets
import {
  type RemoteTrackPublication,
  Room,
  RoomEvent,
  Track,
  type VideoQuality,
  setLogLevel,
} from 'livekit-client';
import { answer } from './answer';
import { type Frame, Screen } from './screen';

setLogLevel('warn');

const PATIENCE = 20_000; // milliseconds

const room = new Room();
const screens = new Map<string, Screen>();
room.on(RoomEvent.TrackSubscribed, (track, _, { identity }) => {
  if (track.kind === Track.Kind.Video) screens.set(identity, new Screen(track));
  else document.body.append(track.attach());
});
room.on(RoomEvent.TrackUnsubscribed, (track, _, { identity }) => {
  for (const element of track.detach()) element.remove();
  screens.delete(identity);
});

let joinedAt = NaN;

/** Milliseconds: `join` from the call of connect() to its end, and every mark since that call. */
async function join(url: string, token: string) {
  marks.reset();
  joinedAt = performance.now();
  await room.connect(url, token);
  const join = performance.now() - joinedAt;
  return { join, ...marks.since(joinedAt) };
}

/** Publish the (fake) camera in three layers, or a small one in one. */
async function publish(width: number, height: number, fps: number, simulcast: boolean) {
  const constraints = { video: { width, height, frameRate: fps } };
  const [camera] = (await navigator.mediaDevices.getUserMedia(constraints)).getVideoTracks();
  const options = { source: Track.Source.Camera, simulcast, videoCodec: 'vp8' as const };
  await room.localParticipant.publishTrack(camera, options);
}

async function publishAudio() {
  await room.localParticipant.setMicrophoneEnabled(true);
}

/** Milliseconds of the first frame: after its subscription, and after the call of connect(). */
async function firstFrame(identity: string) {
  const screen = await appears(identity);
  const frame = screen.first ?? (await screen.next(() => true, PATIENCE));
  return {
    presented: frame.at - screen.subscribedAt,
    received: frame.received - screen.subscribedAt,
    joined: frame.at - joinedAt,
  };
}

/** Wait until frames of this height are shown. */
async function waitHeight(identity: string, height: number) {
  await (await appears(identity)).next((frame) => frame.height === height, PATIENCE);
}

/** Ask for a layer; milliseconds until the first frame of its height. */
async function switchQuality(identity: string, quality: VideoQuality, height: number) {
  const screen = await appears(identity);
  return timed(
    () => theirs(identity).setVideoQuality(quality),
    () => screen.next((frame) => frame.height === height, PATIENCE),
  );
}

/** Turn a track off for a while, then on; milliseconds until the next frame. */
async function enableAgain(identity: string, milliseconds: number) {
  const screen = await appears(identity);
  theirs(identity).setEnabled(false);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  const still = performance.now() - screen.last!.at;
  if (still < milliseconds / 2) throw new Error(`frames came ${still} ms before the end`);
  return timed(
    () => theirs(identity).setEnabled(true),
    () => screen.next(() => true, PATIENCE),
  );
}

async function timed(ask: () => void, wait: () => Promise<Frame>) {
  const seen = wait();
  const started = performance.now();
  ask();
  const frame = await seen;
  return { presented: frame.at - started, received: frame.received - started };
}

/** RTP packets and frames of every stream that we get. */
async function received() {
  const streams: { packets: number; frames: number }[] = [];
  const connections = [room.engine.pcManager?.publisher, room.engine.pcManager?.subscriber];
  for (const connection of connections) {
    (await connection?.getStats())?.forEach((entry) => {
      if (entry.type !== 'inbound-rtp') return;
      streams.push({ packets: entry.packetsReceived, frames: entry.framesDecoded ?? 0 });
    });
  }
  return streams;
}

async function leave() {
  await room.disconnect();
}

async function appears(identity: string): Promise<Screen> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const screen = screens.get(identity);
    if (screen) return screen;
    if (performance.now() > deadline) throw new Error(`no video of ${identity}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function theirs(identity: string): RemoteTrackPublication {
  const other = room.getParticipantByIdentity(identity);
  const publication = other?.getTrackPublication(Track.Source.Camera);
  if (!publication) throw new Error(`${identity} has no camera`);
  return publication as RemoteTrackPublication;
}

answer({
  join, publish, publishAudio, firstFrame, waitHeight, switchQuality, enableAgain, received, leave,
});
