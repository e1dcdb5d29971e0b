/** Play what the others say: an audio element for each of their tracks. */

import { RoomEvent, Track, type RemoteTrack, type Room } from "livekit-client";

/** Elements stand in `place`, out of sight, and go with their tracks. */
export function playSound(room: Room, place: HTMLElement): void {
  room.on(RoomEvent.TrackSubscribed, (track: RemoteTrack) => {
    if (track.kind === Track.Kind.Audio) place.append(track.attach());
  });
  room.on(RoomEvent.TrackUnsubscribed, (track: RemoteTrack) => {
    if (track.kind === Track.Kind.Audio) track.detach().forEach((element) => element.remove());
  });
  room.on(RoomEvent.Disconnected, () => place.replaceChildren());
}
