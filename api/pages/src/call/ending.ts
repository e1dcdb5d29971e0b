/** Why a call is over, in the words of the page. */

import { DisconnectReason } from "livekit-client";

export type Ending = "left" | "duplicate" | "removed" | "closed" | "shutdown" | "lost";

const ENDINGS: Partial<Record<DisconnectReason, Ending>> = {
  [DisconnectReason.CLIENT_INITIATED]: "left",
  [DisconnectReason.DUPLICATE_IDENTITY]: "duplicate",
  [DisconnectReason.PARTICIPANT_REMOVED]: "removed",
  [DisconnectReason.ROOM_DELETED]: "closed",
  [DisconnectReason.ROOM_CLOSED]: "closed",
  [DisconnectReason.SERVER_SHUTDOWN]: "shutdown",
};

export function endingOf(reason: DisconnectReason | undefined): Ending {
  return (reason !== undefined && ENDINGS[reason]) || "lost";
}
