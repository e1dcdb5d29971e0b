import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";

import { RoomEvent, type Room } from "livekit-client";

import { endOf, hearClinic } from "../src/call/tidings";

const FULL = new TextEncoder().encode('{"kind": "room_full_for_plan"}');

function visit(metadata: string): { room: EventEmitter; told: string[] } {
  const room = Object.assign(new EventEmitter(), { metadata });
  const told: string[] = [];
  hearClinic(room as unknown as Room, (text) => told.push(text));
  room.emit(RoomEvent.Connected);
  return { room, told };
}

test("another end is told, and the one that was agreed is not", () => {
  const { room, told } = visit('{"endsAt": "2027-03-04T12:30:00+00:00"}');
  room.emit(RoomEvent.RoomMetadataChanged, '{"endsAt": "2027-03-04T12:30:00+00:00", "locked": true}');
  assert.deepEqual(told, ["The visit is locked: nobody else comes in."]);
  room.emit(RoomEvent.RoomMetadataChanged, '{"endsAt": "2027-03-04T12:40:00+00:00"}');
  assert.equal(told.length, 3); // another end, and open to others again
});

test("that the visit is full is believed of the server alone", () => {
  const { room, told } = visit("{}");
  room.emit(RoomEvent.DataReceived, FULL, { identity: "mallory" }, 0, "housecall");
  room.emit(RoomEvent.DataReceived, FULL, undefined, 0, "other");
  assert.deepEqual(told, []);
  room.emit(RoomEvent.DataReceived, FULL, undefined, 0, "housecall");
  assert.equal(told.length, 1);
});

test("metadata of somebody else's making tells nothing", () => {
  for (const text of [undefined, "", "null", "7", "[]", "{", '{"endsAt": 7}', '{"endsAt": "soon"}']) {
    assert.equal(endOf(text), undefined);
  }
});
