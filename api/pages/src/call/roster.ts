/** Who is in the call, as plain values that tiles are drawn from. */

import { Track, type Participant, type Room, type Track as LiveTrack } from "livekit-client";

export type Quality = "excellent" | "good" | "poor" | "lost" | "unknown";

export interface Person {
  readonly identity: string;
  readonly name: string;
  readonly local: boolean;
  readonly speaking: boolean;
  readonly microphone: boolean; // sending sound
  readonly quality: Quality;
  readonly camera: LiveTrack | undefined; // undefined: nothing to show
  readonly screen: LiveTrack | undefined;
}

/** Those who came first stand first, this page's own person last. */
export function peopleIn(room: Room): Person[] {
  const others = [...room.remoteParticipants.values()].sort(byArrival);
  return [...others, room.localParticipant].map(personOf);
}

export function nameOf(participant: Participant): string {
  return participant.name || participant.identity;
}

function byArrival(one: Participant, other: Participant): number {
  return (one.joinedAt?.getTime() ?? 0) - (other.joinedAt?.getTime() ?? 0);
}

function personOf(participant: Participant): Person {
  return {
    identity: participant.identity,
    name: nameOf(participant),
    local: participant.isLocal,
    speaking: participant.isSpeaking && participant.isMicrophoneEnabled,
    microphone: participant.isMicrophoneEnabled,
    quality: participant.connectionQuality,
    camera: shown(participant, Track.Source.Camera),
    screen: shown(participant, Track.Source.ScreenShare),
  };
}

function shown(participant: Participant, source: Track.Source): LiveTrack | undefined {
  const publication = participant.getTrackPublication(source);
  return publication?.isMuted === false ? publication.track : undefined;
}
