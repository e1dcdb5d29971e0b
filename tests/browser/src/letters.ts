/** What a client says that is neither sound nor picture: calls, byte streams, data tracks. */

import { type RemoteDataTrack, type Room, RoomEvent } from 'livekit-client';
import { until } from './wait';

const OFTEN = 50; // milliseconds between two frames of a data track

export class Letters {
  private readonly scans: { from: string; digest: string }[] = [];
  private readonly pulses: { from: string; text: string }[] = [];

  constructor(private readonly room: Room) {
    room.registerRpcMethod('greet', async (call) => `${call.payload}, ${call.callerIdentity}`);
    room.registerByteStreamHandler('scan', async (reader, { identity }) => {
      this.scans.push({ from: identity, digest: await digest(await reader.readAll()) });
    });
    room.on(RoomEvent.DataTrackPublished, (track) => void this.follow(track));
  }

  /** Of a call to another: its answer. */
  async ask(destinationIdentity: string, method: string, payload: string): Promise<string> {
    return this.room.localParticipant.performRpc({ destinationIdentity, method, payload });
  }

  /** Random bytes; returns their SHA-256. */
  async send(size: number): Promise<string> {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    const writer = await this.room.localParticipant.streamBytes({ topic: 'scan', name: 'x-ray' });
    await writer.write(bytes);
    await writer.close();
    return digest([bytes]);
  }

  async received(count: number, timeout: number) {
    await until(() => this.scans.length >= count, `${count} scans`, timeout);
    return this.scans;
  }

  /** A data track whose frames all say the same, for as long as the page lives. */
  async pulse(text: string): Promise<void> {
    const track = await this.room.localParticipant.publishDataTrack({ name: 'pulse' });
    const payload = new TextEncoder().encode(text);
    setInterval(() => track.tryPush({ payload }), OFTEN);
  }

  async pulsed(count: number, timeout: number) {
    await until(() => this.pulses.length >= count, `${count} frames`, timeout);
    return this.pulses;
  }

  private async follow(track: RemoteDataTrack): Promise<void> {
    const reader = track.subscribe().getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const text = new TextDecoder().decode(next.value.payload);
      this.pulses.push({ from: track.publisherIdentity, text });
    }
  }
}

async function digest(parts: Uint8Array[]): Promise<string> {
  const whole = await new Blob(parts as BlobPart[]).arrayBuffer();
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
