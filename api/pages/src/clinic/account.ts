/** One's own account: the password, and where one is signed in. */

import type { Client } from "./client";

export interface Session {
  readonly id: string;
  readonly begunAt: string;
  readonly seenAt: string; // to the minute
  readonly expiresAt: string;
  readonly current: boolean; // of this browser
}

export const SHORTEST_PASSWORD = 12; // characters, as api/rules/credentials.py has them

/** This browser's first. */
export async function listSessions(client: Client): Promise<Session[]> {
  const { items } = await client.ask<{ items: Session[] }>("GET", "/sessions");
  return [...items].sort((one, other) => Number(other.current) - Number(one.current));
}
