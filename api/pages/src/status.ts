/** How the server stands by its own look at itself; it tells everybody. */

import type { Client } from "./clinic/client";
import { hasText, t, type PlainKey } from "./texts/lookup";

export type ServerStatus = "ok" | "degraded" | "unknown";
export const PARTS = ["room", "relay", "mail", "database"] as const;
export type ServerPart = (typeof PARTS)[number];

export interface PartState {
  readonly part: ServerPart;
  readonly well: boolean;
  readonly reason: string | null; // a word
  readonly sentence: string | null; // in English, what whoever administers the server can do
  readonly since: string | null; // when it began not to be well
  readonly share: number | null; // of the last day's looks that found it well
}

export interface Standing {
  readonly status: ServerStatus;
  readonly checkedAt: string | null;
  readonly parts: readonly PartState[];
}

/** Needs no session, and keeps nobody signed in. Raises `Problem`. */
export async function readStanding(client: Client): Promise<Standing> {
  return client.ask<Standing>("GET", "/status", { unattended: true, quiet: true });
}

/** What is wrong with a part and what to do, in the language of the page where it has the words. */
export function adviceOf({ part, reason, sentence }: PartState): string {
  const key = `server.${part}.${reason ?? ""}`;
  return hasText(key) ? t(key as PlainKey) : (sentence ?? "");
}

export function troubles({ parts }: Standing): PartState[] {
  return parts.filter(({ well }) => !well);
}
