/** What is written between somebody in the waiting room and the visit's hosts. */

import type { Client } from "./client";

/** One message, as both sides see it. */
export interface Note {
  readonly id: string;
  readonly byHost: boolean;
  readonly text: string;
  readonly at: string;
}

export const LONGEST = 1000; // characters, as api/rest/v1/shapes.py has them

/** To the hosts, by who waits. Raises `Problem`. */
export async function writeToHosts(client: Client, meetingId: string, text: string): Promise<Note> {
  return client.ask<Note>("POST", `/meetings/${meetingId}/place/messages`, { body: { text } });
}

/** To who waits, by a host. Raises `Problem`. */
export async function writeToWaiter(
  client: Client,
  meetingId: string,
  participantId: string,
  text: string,
): Promise<Note> {
  const path = `/meetings/${meetingId}/participants/${participantId}/messages`;
  return client.ask<Note>("POST", path, { body: { text } });
}

/** One line, as the server takes it: what was pasted may have several. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** What the server has told, then what was sent since. */
export function together(told: readonly Note[], sent: readonly Note[]): readonly Note[] {
  const known = new Set(told.map(({ id }) => id));
  return [...told, ...sent.filter(({ id }) => !known.has(id))];
}

/** What the other side has written since. */
export function newsFrom(
  before: readonly Note[],
  now: readonly Note[],
  isHost: boolean, // who reads it
): readonly Note[] {
  const known = new Set(before.map(({ id }) => id));
  return now.filter(({ id, byHost }) => byHost !== isHost && !known.has(id));
}
