/** Answers to invitations. */

import type { Client } from "./client";

export const ANSWERS = ["accepted", "tentative", "declined", "reschedule"] as const;
export type Answer = (typeof ANSWERS)[number];

export interface Answered {
  readonly answer: Answer;
  readonly startsAt: string;
}

/** The last answer counts. Raises `Problem`. */
export async function answer(
  client: Client,
  meetingId: string,
  token: string,
  said: Answer,
): Promise<Answered> {
  const body = { token, answer: said };
  return client.ask<Answered>("POST", `/meetings/${meetingId}/rsvp`, { body });
}
