/** One participant: everything that a test asks of a browser, as functions of plain values. */

import {
  BackupCodecPolicy,
  type LocalTrackPublication,
  type Participant,
  type RemoteTrack,
  type RemoteTrackPublication,
  Room,
  RoomEvent,
  Track,
  type TrackPublishOptions,
  type VideoCodec,
  type VideoQuality,
  version,
} from 'livekit-client';
import { Letters } from './letters';
import { Screen } from './screen';
import { chord, pictures, tone } from './sources';
import { Speaker } from './speaker';
import { paths, streams } from './stats';
import { switchOften } from './switches';
import { until } from './wait';

const PATIENCE = 10_000; // milliseconds

export interface JoinOptions {
  single?: boolean;
  autoSubscribe?: boolean;
  adaptiveStream?: boolean;
  dynacast?: boolean;
  lacks?: string; // a codec that this browser shall not decode
  stamps?: boolean; // says when something was captured, and takes that
  secured?: boolean; // of all servers for ICE only `turns:`
  relayed?: boolean; // media goes by a relay only
  unaided?: boolean; // by none, whatever the server offers
}

export interface VideoOptions {
  width?: number;
  height?: number;
  fps?: number;
  device?: boolean; // the (fake) camera, else our own picture
  simulcast?: boolean;
  backup?: 'regression' | 'simulcast'; // VP8 for those who lack the codec
  codec?: VideoCodec;
  layers?: string; // scalability mode
}

interface Heard {
  from: string;
  size: number;
  number: number; // its first four bytes
  text: string;
}

const decoder = new TextDecoder();

export class Client {
  readonly events: { name: string; at: number }[] = [];
  readonly heard: Heard[] = [];
  readonly texts: { from: string; text: string }[] = [];
  private readonly screens = new Map<string, Screen>();
  private readonly speakers = new Map<string, Speaker>();
  private readonly room: Room;
  private readonly letters: Letters;

  constructor(private readonly options: JoinOptions) {
    this.room = new Room({
      singlePeerConnection: options.single ?? true,
      adaptiveStream: options.adaptiveStream ?? false,
      dynacast: options.dynacast ?? false,
    });
    this.letters = new Letters(this.room);
    for (const name of Object.values(RoomEvent)) {
      this.room.on(name, () => this.events.push({ name, at: performance.now() }));
    }
    this.room.on(RoomEvent.TrackSubscribed, (track, publication, participant) =>
      this.show(key(participant.identity, publication.source), track),
    );
    this.room.on(RoomEvent.TrackUnsubscribed, (track, publication, participant) =>
      this.hide(key(participant.identity, publication.source), track),
    );
    this.room.on(RoomEvent.DataReceived, (payload, participant) => this.hear(payload, participant));
    this.room.registerTextStreamHandler('chat', async (reader, { identity }) => {
      this.texts.push({ from: identity, text: await reader.readAll() });
    });
  }

  async join(url: string, token: string): Promise<void> {
    const rtcConfig: RTCConfiguration = this.options.relayed ? { iceTransportPolicy: 'relay' } : {};
    if (this.options.unaided) rtcConfig.iceServers = [];
    const autoSubscribe = this.options.autoSubscribe ?? true;
    await this.room.connect(url, token, { autoSubscribe, rtcConfig });
  }

  async leave(): Promise<void> {
    await this.room.disconnect();
  }

  version(): string {
    return version;
  }

  state(): string {
    return this.room.state;
  }

  async waitState(state: string, timeout = PATIENCE): Promise<void> {
    await until(() => this.room.state === state, () => `${state}, not ${this.room.state}`, timeout);
  }

  happened() {
    return this.events;
  }

  participants(): string[] {
    return [...this.room.remoteParticipants.values()].map((one) => one.identity).sort();
  }

  async waitParticipants(expected: string[], timeout = PATIENCE): Promise<void> {
    const wanted = [...expected].sort().join();
    const what = () => `participants ${wanted} (there are ${this.participants()})`;
    await until(() => this.participants().join() === wanted, what, timeout);
  }

  async waitEvent(name: string, count = 1, timeout = PATIENCE): Promise<void> {
    const seen = () => this.events.filter((event) => event.name === name).length;
    await until(() => seen() >= count, `event ${name}`, timeout);
  }

  // ---- what we send

  async publishVideo(options: VideoOptions = {}): Promise<string> {
    const { width = 640, height = 360, fps = 15 } = options;
    const track = options.device
      ? await camera(width, height, fps)
      : pictures(width, height, fps);
    const publication = await this.publish(track, {
      source: Track.Source.Camera,
      simulcast: options.simulcast ?? false,
      videoCodec: options.codec ?? 'vp8',
      scalabilityMode: options.layers as TrackPublishOptions['scalabilityMode'],
      backupCodec: options.backup ? { codec: 'vp8' } : false,
      backupCodecPolicy:
        options.backup === 'simulcast'
          ? BackupCodecPolicy.SIMULCAST
          : BackupCodecPolicy.PREFER_REGRESSION,
    });
    return publication.trackSid;
  }

  async publishAudio(frequency?: number, red = true): Promise<string> {
    const track = frequency ? tone(frequency) : await microphone();
    const publication = await this.publish(track, {
      source: Track.Source.Microphone,
      dtx: false,
      red,
      forceStereo: false,
    });
    return publication.trackSid;
  }

  /** A microphone in a silent room, whose encoder may leave out what nobody hears. */
  async publishQuiet(): Promise<void> {
    const source = Track.Source.Microphone;
    await this.publish(chord([440], 0), { source, forceStereo: false, dtx: true, red: false });
  }

  /** The device's microphone, recorded from now on for an agent that comes later. */
  async publishFromTheFirstWord(): Promise<void> {
    const options = { preConnectBuffer: true };
    // livekit-client 2.23 looks for it among the options of the first kind.
    await this.room.localParticipant.setMicrophoneEnabled(true, options as object, options);
    const { track } = this.mine(Track.Source.Microphone);
    await recorded((track as unknown as { localTrackRecorder: MediaRecorder }).localTrackRecorder);
  }

  /** One tone for each ear. */
  async publishStereo(frequencies: number[]): Promise<void> {
    const source = Track.Source.Microphone;
    await this.publish(chord(frequencies), { source, forceStereo: true, dtx: false, red: false });
  }

  async shareScreen(on: boolean): Promise<void> {
    await this.room.localParticipant.setScreenShareEnabled(on);
  }

  async mute(source: Track.Source, muted: boolean): Promise<void> {
    const publication = this.mine(source);
    await (muted ? publication.mute() : publication.unmute());
  }

  async unpublish(source: Track.Source): Promise<void> {
    await this.room.localParticipant.unpublishTrack(this.mine(source).track!, true);
  }

  /** Send `count` numbered messages of `size` bytes, one behind the other. */
  async sendNumbers(count: number, size = 100, reliable = true): Promise<void> {
    for (let number = 0; number < count; number++) {
      const payload = new Uint8Array(size);
      new DataView(payload.buffer).setUint32(0, number);
      await this.room.localParticipant.publishData(payload, { reliable });
    }
  }

  async sendText(text: string): Promise<void> {
    await this.room.localParticipant.sendText(text, { topic: 'chat' });
  }

  async describe(name: string, metadata: string, attributes: Record<string, string>) {
    await this.room.localParticipant.setName(name);
    await this.room.localParticipant.setMetadata(metadata);
    await this.room.localParticipant.setAttributes(attributes);
  }

  /** Whom we let subscribe. */
  permit(identities: string[]): void {
    const allowed = identities.map((one) => ({ participantIdentity: one, allowAll: true }));
    this.room.localParticipant.setTrackSubscriptionPermissions(false, allowed);
  }

  async ask(identity: string, method: string, payload: string): Promise<string> {
    return this.letters.ask(identity, method, payload);
  }

  async sendScan(size: number): Promise<string> {
    return this.letters.send(size);
  }

  async publishPulse(text: string): Promise<void> {
    await this.letters.pulse(text);
  }

  async waitScans(count: number, timeout = PATIENCE) {
    return this.letters.received(count, timeout);
  }

  async waitPulses(count: number, timeout = PATIENCE) {
    return this.letters.pulsed(count, timeout);
  }

  async simulate(scenario: Parameters<Room['simulateScenario']>[0]): Promise<void> {
    await this.room.simulateScenario(scenario);
  }

  // ---- what we get

  async waitFrames(identity: string, source: string, count: number, timeout = PATIENCE) {
    return (await this.screen(identity, source, timeout)).more(count, timeout);
  }

  async waitTurns(identity: string, source: string, different = 3, timeout = PATIENCE) {
    return (await this.screen(identity, source, timeout)).turns(different, timeout);
  }

  async waitMovement(identity: string, source: string, different = 3, timeout = PATIENCE) {
    return (await this.screen(identity, source, timeout)).movement(different, timeout);
  }

  /** Wait until the picture has not changed for a second. */
  async waitStandstill(identity: string, source: string, timeout = PATIENCE): Promise<void> {
    await (await this.screen(identity, source, timeout)).standstill(timeout);
  }

  /** Wait until a frame of this height is shown; returns the milliseconds that it took. */
  async waitHeight(identity: string, source: string, height: number, timeout = PATIENCE) {
    const started = performance.now();
    const screen = await this.screen(identity, source, timeout);
    return (await screen.next((frame) => frame.height === height, timeout)) - started;
  }

  /** Wait until what we send is on or off: each layer, or the one stream that has all. */
  async waitSending(source: Track.Source, on: boolean, timeout = PATIENCE): Promise<void> {
    let last: unknown;
    const look = async () => {
      last = (await this.sent(source)).some((stream) => stream.active);
    };
    await this.polled(look, () => last === on, `sending ${on}`, timeout);
  }

  /** Wait until what we get is in this codec, "video/VP8". */
  async waitCodec(identity: string, source: string, codec: string, timeout = PATIENCE) {
    let last: unknown;
    const look = async () => {
      last = (await this.received(identity, source))[0]?.mimeType;
    };
    await this.polled(look, () => last === codec, `codec ${codec}`, timeout);
  }

  /** Wait until at most so many packets of it come in a second. */
  async waitRate(identity: string, source: string, most: number, timeout = PATIENCE) {
    const counts: { at: number; packets: number }[] = [];
    let rate = Infinity;
    const look = async () => {
      const [stream] = await this.received(identity, source);
      if (!stream?.packetsReceived) return;
      const last = { at: stream.timestamp as number, packets: stream.packetsReceived as number };
      counts.unshift(last);
      const before = counts.find((one) => last.at - one.at >= 1000);
      if (before) rate = ((last.packets - before.packets) * 1000) / (last.at - before.at);
    };
    await this.polled(look, () => rate <= most, `${most} packets a second of ${source}`, timeout);
    return rate;
  }

  async waitTone(identity: string, timeout = PATIENCE): Promise<number> {
    return (await this.speaker(identity, timeout)).tone(timeout);
  }

  /** When what is played now was captured, milliseconds of its sender's clock since 1900. */
  async waitCaptured(identity: string, source: string, timeout = PATIENCE): Promise<number> {
    let found: number | undefined;
    const look = () => {
      const sources = this.theirs(identity, source)?.track?.receiver?.getSynchronizationSources() ?? [];
      found = sources.map((one) => (one as { captureTimestamp?: number }).captureTimestamp)[0];
      return found !== undefined;
    };
    await until(look, `a capture time of ${identity}'s ${source}`, timeout);
    return found!;
  }

  async waitTones(identity: string, channels: number, timeout = PATIENCE): Promise<number[]> {
    return (await this.speaker(identity, timeout)).tones(channels, timeout);
  }

  async waitSilence(identity: string, timeout = PATIENCE): Promise<void> {
    await (await this.speaker(identity, timeout)).silence(timeout);
  }

  async waitMuted(identity: string, source: string, muted: boolean, timeout = PATIENCE) {
    const look = () => this.theirs(identity, source)?.isMuted === muted;
    await until(look, `muted ${muted} of ${identity}`, timeout);
  }

  /** Wait until we are told that it is published; subscribed or not. */
  async waitPublished(identity: string, source: string, timeout = PATIENCE): Promise<void> {
    await until(() => this.theirs(identity, source), `${identity} publishes ${source}`, timeout);
  }

  /** Wait until a video of theirs is no longer on our page. */
  async waitHidden(identity: string, source: string, timeout = PATIENCE): Promise<void> {
    await until(() => !this.screens.has(key(identity, source)), `no ${source} shown`, timeout);
  }

  async waitUnpublished(identity: string, source: string, timeout = PATIENCE): Promise<void> {
    const gone = () => !this.theirs(identity, source) && !this.screens.has(key(identity, source));
    await until(gone, `${identity} without ${source}`, timeout);
  }

  async waitHeard(count: number, timeout = PATIENCE): Promise<Heard[]> {
    const what = () => `${count} messages (${this.heard.length} came)`;
    await until(() => this.heard.length >= count, what, timeout);
    return this.heard;
  }

  async waitTexts(count: number, timeout = PATIENCE) {
    await until(() => this.texts.length >= count, `${count} texts`, timeout);
    return this.texts;
  }

  setSubscribed(identity: string, source: string, subscribed: boolean): void {
    this.need(identity, source).setSubscribed(subscribed);
  }

  // ---- measurements

  /** Ask for another layer; milliseconds until the first frame of its height. */
  async switchQuality(
    identity: string,
    source: string,
    quality: VideoQuality,
    height: number,
    timeout = PATIENCE,
  ): Promise<number> {
    const screen = await this.screen(identity, source, timeout);
    const seen = screen.next((frame) => frame.height === height, timeout);
    const started = performance.now();
    this.need(identity, source).setVideoQuality(quality);
    return (await seen) - started;
  }

  /** Change the layers of all these cameras, `count` times in all, without a pause. */
  async switchOften(identities: string[], heights: number[], count: number, timeout = PATIENCE) {
    const videos = identities.map(async (identity) => ({
      screen: await this.screen(identity, 'camera', timeout),
      publication: this.need(identity, 'camera'),
      heights,
    }));
    return switchOften(await Promise.all(videos), count, timeout);
  }

  /** Turn a track off until no frame comes any more, then on; milliseconds to the next frame. */
  async enableAgain(identity: string, source: string, timeout = PATIENCE): Promise<number> {
    const screen = await this.screen(identity, source, timeout);
    const publication = this.need(identity, source);
    publication.setEnabled(false);
    const still = () => performance.now() - screen.last!.at > 1000;
    await until(still, 'a disabled track that stands still', timeout);
    const seen = screen.next(() => true, timeout);
    const started = performance.now();
    publication.setEnabled(true);
    return (await seen) - started;
  }

  async received(identity: string, source: string) {
    const report = await this.theirs(identity, source)?.track?.getRTCStatsReport();
    return streams(report, 'inbound-rtp');
  }

  async sent(source: Track.Source) {
    return streams(await this.mine(source).track?.getRTCStatsReport(), 'outbound-rtp');
  }

  /** Our own candidates of the paths that what we publish goes by. */
  async paths() {
    const found: unknown[] = [];
    for (const publication of this.room.localParticipant.trackPublications.values()) {
      found.push(...paths(await publication.track?.getRTCStatsReport()));
    }
    return found;
  }

  // ---- our own

  /** Statistics say nothing of themselves: look again and again. */
  private async polled(
    look: () => Promise<void>,
    done: () => boolean,
    what: string,
    timeout: number,
  ): Promise<void> {
    const timer = setInterval(() => void look(), 100);
    try {
      await until(done, what, timeout);
    } finally {
      clearInterval(timer);
    }
  }

  private async publish(track: MediaStreamTrack, options: TrackPublishOptions) {
    return this.room.localParticipant.publishTrack(track, options);
  }

  private mine(source: Track.Source): LocalTrackPublication {
    const publication = this.room.localParticipant.getTrackPublication(source);
    if (!publication) throw new Error(`we do not publish ${source}`);
    return publication;
  }

  private theirs(identity: string, source: string): RemoteTrackPublication | undefined {
    const other = this.room.getParticipantByIdentity(identity);
    return other?.getTrackPublication(source as Track.Source) as RemoteTrackPublication | undefined;
  }

  private need(identity: string, source: string): RemoteTrackPublication {
    const publication = this.theirs(identity, source);
    if (!publication) throw new Error(`${identity} does not publish ${source}`);
    return publication;
  }

  private screen(identity: string, source: string, timeout: number): Promise<Screen> {
    const look = () => this.screens.get(key(identity, source));
    return until(look, `the ${source} of ${identity}`, timeout);
  }

  private speaker(identity: string, timeout: number): Promise<Speaker> {
    const look = () => this.speakers.get(key(identity, 'microphone'));
    return until(look, `the microphone of ${identity}`, timeout);
  }

  private show(name: string, track: RemoteTrack): void {
    if (track.kind === Track.Kind.Video) this.screens.set(name, new Screen(track));
    else this.speakers.set(name, new Speaker(track));
  }

  private hide(name: string, track: RemoteTrack): void {
    for (const element of track.detach()) element.remove();
    if (this.screens.get(name)?.track === track) this.screens.delete(name);
    if (this.speakers.get(name)?.track === track) this.speakers.delete(name);
  }

  private hear(payload: Uint8Array, participant: Participant | undefined): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    this.heard.push({
      from: participant?.identity ?? '',
      size: payload.length,
      number: payload.length < 4 ? -1 : view.getUint32(0),
      text: payload.length > 200 ? '' : decoder.decode(payload),
    });
  }
}

function key(identity: string, source: string): string {
  return `${identity} ${source}`;
}

async function camera(width: number, height: number, frameRate: number) {
  const video = { width, height, frameRate };
  return (await navigator.mediaDevices.getUserMedia({ video })).getVideoTracks()[0];
}

async function microphone() {
  return (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0];
}

/** Something, so that livekit-client has read the first piece: what it is still reading when the
 * recording ends is lost. */
async function recorded(recorder: MediaRecorder): Promise<void> {
  let pieces = 0;
  recorder.addEventListener('dataavailable', ({ data }) => {
    if (data.size) pieces += 1;
  });
  await until(() => pieces > 1, 'what the microphone has recorded', PATIENCE);
}
