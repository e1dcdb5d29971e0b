// A participant through npm's @livekit/rtc-node: plays a tone of 700 Hz, tells what it hears, answers
// calls. Prints a line of JSON for each; commands come by standard input, whose end is its leaving.
// Arguments: address, token.
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  SimulateScenarioKind,
  TrackPublishOptions,
  TrackSource,
  dispose,
} from '@livekit/rtc-node';

const RATE = 48_000;
const SAMPLES = RATE / 100;
const LOUD = 3000; // of 32767: more than comfort noise
const WINDOW = RATE; // samples of sound by which a tone is judged

const [url, token] = process.argv.slice(2);
const write = (what, value) => console.log(JSON.stringify([what, value]));

async function play(source, frequency) {
  for (let start = 0; ; start += SAMPLES) {
    const wave = Int16Array.from({ length: SAMPLES }, (_, at) =>
      Math.round(16_000 * Math.sin((2 * Math.PI * frequency * (start + at)) / RATE)),
    );
    await source.captureFrame(new AudioFrame(wave, RATE, 1, SAMPLES));
  }
}

// Its frequency, by how often it rises through zero while it is loud.
async function listen(track, identity) {
  let samples = 0;
  let rises = 0;
  let last = 0;
  for await (const frame of new AudioStream(track, { sampleRate: RATE, numChannels: 1 })) {
    if (!frame.data.some((value) => value > LOUD)) {
      samples = rises = 0;
      continue;
    }
    for (const value of frame.data) {
      if (last < 0 && value >= 0) rises += 1;
      last = value;
    }
    samples += frame.data.length;
    if (samples >= WINDOW) {
      write('tone', [identity, Math.round((rises * RATE) / samples)]);
      samples = rises = 0;
    }
  }
}

const room = new Room();
room.on(RoomEvent.TrackSubscribed, (track, _, participant) => {
  if (track.kind === 1) listen(track, participant.identity);
});
room.on(RoomEvent.DataReceived, (data, participant, _, topic) =>
  write('data', [participant?.identity, topic, new TextDecoder().decode(data)]),
);
room.on(RoomEvent.Reconnected, () => write('reconnected', null));
room.on(RoomEvent.Disconnected, (reason) => write('disconnected', reason));
room.registerTextStreamHandler('chat', async (reader, { identity }) =>
  write('text', [identity, await reader.readAll()]),
);

await room.connect(url, token, { autoSubscribe: true, dynacast: false });
const me = room.localParticipant;
me.registerRpcMethod('greet', async ({ callerIdentity, payload }) => `${payload}, ${callerIdentity}`);
const source = new AudioSource(RATE, 1);
const track = LocalAudioTrack.createAudioTrack('tone', source);
await me.publishTrack(
  track,
  new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE, dtx: false }),
);
play(source, 700);
const file = new URL('node_modules/@livekit/rtc-node/package.json', import.meta.url);
write('in', JSON.parse(readFileSync(file)).version);

for await (const line of createInterface({ input: process.stdin })) {
  const [command, value] = JSON.parse(line);
  if (command === 'say') {
    await me.publishData(new TextEncoder().encode(value), { reliable: true, topic: 'note' });
  } else if (command === 'simulate') {
    await room.simulateScenario(SimulateScenarioKind[value]);
  } else if (command === 'call') {
    const [destinationIdentity, method, payload] = value;
    write('answer', await me.performRpc({ destinationIdentity, method, payload }));
  }
}
await room.disconnect();
await dispose();
process.exit(0);
