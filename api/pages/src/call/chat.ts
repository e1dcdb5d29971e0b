/** Text chat, as LiveKit's own clients speak it: one text stream per message on `lk.chat`. */

import { RoomEvent, type Room, type TextStreamReader } from "livekit-client";

import { nameOf } from "./roster";

export interface Message {
  readonly id: string;
  readonly name: string;
  readonly own: boolean;
  readonly text: string;
  readonly at: Date;
}

const TOPIC = "lk.chat";
const LONGEST = 4000; // characters; more is cut, so that one message cannot fill the page
const KEPT = 500; // messages

/** Dispatches `change`, and `message` with a `MessageEvent` whose data is the `Message`. */
export class Chat extends EventTarget {
  readonly messages: Message[] = [];
  readonly #room: Room;
  #unread = 0;
  #open = false;

  constructor(room: Room) {
    super();
    this.#room = room;
    room.registerTextStreamHandler(TOPIC, (reader, { identity }) => {
      void this.#receiveStream(reader, identity);
    });
    // Older clients send a packet of its own kind instead of a stream.
    room.on(RoomEvent.ChatMessage, ({ id, message }, participant) => {
      if (participant === undefined || participant.isLocal) return;
      this.#add({ id, text: message, name: nameOf(participant), own: false });
    });
  }

  /** Messages that came while nobody looked. */
  get unread(): number {
    return this.#unread;
  }

  /** Whether the messages are on the screen. */
  set open(open: boolean) {
    this.#open = open;
    if (open) this.#unread = 0;
    this.dispatchEvent(new Event("change"));
  }

  get open(): boolean {
    return this.#open;
  }

  /** Raises what livekit-client raises when it could not be sent. */
  async send(text: string): Promise<void> {
    const { id } = await this.#room.localParticipant.sendText(text, { topic: TOPIC });
    const name = nameOf(this.#room.localParticipant);
    this.#add({ id, name, text, own: true });
  }

  async #receiveStream(reader: TextStreamReader, identity: string): Promise<void> {
    const text = await reader.readAll().catch(() => ""); // a stream that broke off
    if (text === "") return;
    const sender = this.#room.getParticipantByIdentity(identity);
    const name = sender === undefined ? identity : nameOf(sender);
    this.#add({ id: reader.info.id, name, text, own: false });
  }

  #add(message: Omit<Message, "at">): void {
    if (this.messages.some(({ id }) => id === message.id)) return; // sent both ways by one client
    // Our own clock: a sender's may be wrong, or no date at all.
    const shown = { ...message, text: message.text.slice(0, LONGEST), at: new Date() };
    this.messages.push(shown);
    this.messages.splice(0, this.messages.length - KEPT);
    if (!message.own && !this.#open) this.#unread += 1;
    this.dispatchEvent(new MessageEvent<Message>("message", { data: shown }));
    this.dispatchEvent(new Event("change"));
  }
}
