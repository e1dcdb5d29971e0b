/** Tell the announcer what happens in a call, in words. */

import {
  RoomEvent,
  Track,
  type Participant,
  type Room,
  type TrackPublication,
} from "livekit-client";

import type { Announcer } from "../announcer";
import { t, tCount } from "../texts/lookup";
import type { Chat, Message } from "./chat";
import { nameOf } from "./roster";

// Beyond this many people only one's own devices are told: more would drown the conversation.
const CROWD = 8;

type Device = "microphone" | "camera" | "screen" | "theirMicrophone" | "theirCamera" | "theirScreen";
type OnOff = readonly [on: `say.${Device}On`, off: `say.${Device}Off`];

const OWN: Partial<Record<Track.Source, OnOff>> = {
  [Track.Source.Microphone]: ["say.microphoneOn", "say.microphoneOff"],
  [Track.Source.Camera]: ["say.cameraOn", "say.cameraOff"],
  [Track.Source.ScreenShare]: ["say.screenOn", "say.screenOff"],
};

const THEIRS: Partial<Record<Track.Source, OnOff>> = {
  [Track.Source.Microphone]: ["say.theirMicrophoneOn", "say.theirMicrophoneOff"],
  [Track.Source.Camera]: ["say.theirCameraOn", "say.theirCameraOff"],
  [Track.Source.ScreenShare]: ["say.theirScreenOn", "say.theirScreenOff"],
};

export function narrate(room: Room, chat: Chat, announcer: Announcer): void {
  const tell = (on: boolean) => (publication: TrackPublication, participant: Participant) => {
    const text = textOf(room, publication, participant, on);
    if (text !== undefined) announcer.say(text);
  };
  const tellScreen = (on: boolean) => (publication: TrackPublication, participant: Participant) => {
    if (publication.source === Track.Source.ScreenShare) tell(on)(publication, participant);
  };
  room
    .on(RoomEvent.Connected, () => announcer.say(welcome(room.remoteParticipants.size)))
    .on(RoomEvent.ParticipantConnected, (who) =>
      announcer.say(t("say.personJoined", { name: nameOf(who) })),
    )
    .on(RoomEvent.ParticipantDisconnected, (who) =>
      announcer.say(t("say.personLeft", { name: nameOf(who) })),
    )
    .on(RoomEvent.TrackMuted, tell(false))
    .on(RoomEvent.TrackUnmuted, tell(true))
    .on(RoomEvent.TrackPublished, tellScreen(true))
    .on(RoomEvent.TrackUnpublished, tellScreen(false))
    .on(RoomEvent.LocalTrackPublished, tell(true))
    .on(RoomEvent.LocalTrackUnpublished, tellScreen(false));
  narrateConnection(room, announcer);
  narrateChat(chat, announcer);
}

function welcome(others: number): string {
  return others === 0 ? t("say.joinedAlone") : tCount("say.joined", others);
}

function textOf(
  room: Room,
  publication: TrackPublication,
  participant: Participant,
  on: boolean,
): string | undefined {
  const texts = (participant.isLocal ? OWN : THEIRS)[publication.source];
  if (texts === undefined) return undefined;
  if (!participant.isLocal && room.remoteParticipants.size >= CROWD) return undefined;
  return t(texts[on ? 0 : 1], { name: nameOf(participant) });
}

/** livekit-client tells of a loss in two ways and of a failed attempt again: say it once. */
function narrateConnection(room: Room, announcer: Announcer): void {
  let lost = false;
  const tellLost = (): void => {
    if (!lost) announcer.say(t("say.reconnecting"));
    lost = true;
  };
  room
    .on(RoomEvent.Reconnecting, tellLost)
    .on(RoomEvent.SignalReconnecting, tellLost)
    .on(RoomEvent.Reconnected, () => {
      lost = false;
      announcer.say(t("say.reconnected"));
    });
}

function narrateChat(chat: Chat, announcer: Announcer): void {
  chat.addEventListener("message", (event) => {
    const { own, name, text } = (event as MessageEvent<Message>).data;
    announcer.say(own ? t("say.messageSent") : t("say.message", { name, text }));
  });
}
