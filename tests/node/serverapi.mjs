// The server API through npm's livekit-server-sdk: prints what each call gave, a line of JSON each.
// Arguments: address, API key, secret, room.
import { readFileSync } from 'node:fs';
import {
  AgentDispatchClient,
  DataPacket_Kind,
  EgressClient,
  RoomServiceClient,
} from 'livekit-server-sdk';

const [url, key, secret, room] = process.argv.slice(2);
const rooms = new RoomServiceClient(url, key, secret);
const agents = new AgentDispatchClient(url, key, secret);
const egress = new EgressClient(url, key, secret);

const write = (what, value) =>
  console.log(JSON.stringify([what, value], (_, v) => (typeof v === 'bigint' ? Number(v) : v)));

const attempt = async (what, call) => {
  try {
    write(what, await call());
  } catch (error) {
    write(what, { code: error.code, status: error.status, message: error.message });
  }
};

const manifest = new URL('node_modules/livekit-server-sdk/package.json', import.meta.url);
write('version', JSON.parse(readFileSync(manifest, 'utf8')).version);

await attempt('create', async () => {
  const made = await rooms.createRoom({ name: room, emptyTimeout: 60, maxParticipants: 4 });
  return [made.name, made.emptyTimeout, made.maxParticipants];
});
await attempt('list', async () => (await rooms.listRooms([room])).map((each) => each.name));
await attempt('metadata', async () => (await rooms.updateRoomMetadata(room, 'm')).metadata);
await attempt('participants', async () =>
  (await rooms.listParticipants(room)).map((each) => [each.identity, each.state]),
);
await attempt('update', async () => {
  const changed = await rooms.updateParticipant(room, 'ann', {
    name: 'Ann',
    attributes: { a: '1' },
    permission: { canSubscribe: true, canPublish: true, canPublishData: true },
  });
  return [changed.name, changed.attributes];
});
await attempt('data', async () => {
  const bytes = new TextEncoder().encode('hello');
  await rooms.sendData(room, bytes, DataPacket_Kind.RELIABLE, { topic: 'news' });
});
await attempt('dispatch', async () => {
  const sent = await agents.createDispatch(room, 'nobody', { metadata: 'm' });
  const known = await agents.listDispatch(room);
  await agents.deleteDispatch(sent.id, room);
  return [sent.agentName, known.length];
});
await attempt('nobody', () => rooms.getParticipant(room, 'nobody'));
await attempt('remove', async () => {
  await rooms.removeParticipant(room, 'ann');
});
await attempt('delete', async () => {
  await rooms.deleteRoom(room);
});
await attempt('again', () => rooms.deleteRoom(room));
await attempt('egress', () => egress.listEgress());
