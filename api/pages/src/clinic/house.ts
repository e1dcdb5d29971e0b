/** What is the owner's: the clinic's settings, keys of other programs, broken glasses. */

import type { Client } from "./client";
import type { Listed } from "./people";

export interface Workspace {
  readonly title: string;
  readonly plan: string;
  readonly auditDays: number | null; // null: for good
  readonly timeZone: string | null; // null: UTC
  readonly waitingMessage: string | null; // to all who wait
}

// As api/rules/roles.py has them: none makes people or keys, none breaks glass or joins.
export const KEY_SCOPES = [
  "meetings.read",
  "meetings.change",
  "meetings.record",
  "patients.read",
  "patients.change",
  "guests.invite",
  "staff.read",
  "files.read",
  "files.change",
  "fhir.read",
  "audit.read",
] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

export interface Key {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  readonly createdAt: string;
  readonly expiresAt: string | null; // null: until it is revoked
  readonly revokedAt: string | null;
  readonly usedAt: string | null;
}

export interface NewKey {
  readonly key: Key;
  readonly secret: string; // shown this once
}

export interface BrokenGlass {
  readonly id: string;
  readonly patientId: string;
  readonly reason: string;
  readonly brokenAt: string;
  readonly expiresAt: string;
  readonly staffName: string | null;
  readonly patientName: string | null;
}

export type KeyState = "live" | "expired" | "revoked";

/** `now` in ms. */
export function stateOf({ revokedAt, expiresAt }: Key, now: number): KeyState {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && Date.parse(expiresAt) <= now ? "expired" : "live";
}

/** Live ones first, the newest first. */
export async function listKeys(client: Client, now: number): Promise<Key[]> {
  const keys = await listAll<Key>(client, "/keys");
  const isOver = (key: Key): number => (stateOf(key, now) === "live" ? 0 : 1);
  const newest = (one: Key, other: Key): number => other.createdAt.localeCompare(one.createdAt);
  return keys.sort((one, other) => isOver(one) - isOver(other) || newest(one, other));
}

/** All pages of a list; `path` may have a query. */
export async function listAll<Item>(client: Client, path: string): Promise<Item[]> {
  const items: Item[] = [];
  const begun = path.includes("?") ? `${path}&` : `${path}?`;
  for (let after: string | null = ""; after !== null; ) {
    const more: string = after === "" ? "" : `&after=${after}`;
    const page: Listed<Item> = await client.ask("GET", `${begun}limit=${PAGE}${more}`);
    items.push(...page.items);
    after = page.next;
  }
  return items;
}

const PAGE = 200; // that one request brings
