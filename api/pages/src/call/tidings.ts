/** What the clinic tells those who are in a visit: by the room's metadata, and by data of its own. */

import { RoomEvent, type Room } from "livekit-client";

import { showTime } from "../clinic/when";
import { t } from "../texts/lookup";

const TOPIC = "housecall"; // of data that come from the clinic, as api/clinic/rooms.py has it

/** `tell` gets a sentence for people. Rooms that are no visit tell nothing. */
export function hearClinic(room: Room, tell: (text: string) => void): void {
  let known: string | undefined;
  let wasLocked = false;
  room
    .on(RoomEvent.Connected, () => {
      known = endOf(room.metadata);
      wasLocked = isLocked(room.metadata);
    })
    .on(RoomEvent.RoomMetadataChanged, (metadata) => {
      const end = endOf(metadata);
      const locked = isLocked(metadata);
      if (locked !== wasLocked) tell(t(locked ? "visit.isLocked" : "visit.isUnlocked"));
      wasLocked = locked;
      if (end !== undefined && known !== undefined && end !== known) {
        tell(t("visit.isLonger", { time: showTime(end) }));
      }
      known = end;
    })
    .on(RoomEvent.DataReceived, (content, sender, _kind, topic) => {
      // Whoever is in the room can send data; only the server sends some without a sender.
      if (topic !== TOPIC || sender !== undefined) return;
      if (read(new TextDecoder().decode(content)).kind === "room_full_for_plan") {
        tell(t("visit.full"));
      }
    });
}

/** When the visit is to end, in ISO 8601. */
export function endOf(metadata: string | undefined): string | undefined {
  const { endsAt } = read(metadata ?? "");
  return typeof endsAt === "string" && !Number.isNaN(Date.parse(endsAt)) ? endsAt : undefined;
}

function isLocked(metadata: string | undefined): boolean {
  return read(metadata ?? "").locked === true;
}

function read(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {}; // of somebody else's making
  }
}
