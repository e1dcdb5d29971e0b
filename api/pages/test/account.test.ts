import assert from "node:assert/strict";
import { test } from "node:test";

import { listSessions, type Session } from "../src/clinic/account";
import type { Client } from "../src/clinic/client";

test("this browser's session stands first, all others as they come", async () => {
  const session = (id: string, current = false): Session => {
    const at = "2027-03-04T12:00:00Z";
    return { id, begunAt: at, seenAt: at, expiresAt: at, current };
  };
  const items = [session("new"), session("here", true), session("old")];
  const client = { ask: async () => ({ items }) } as unknown as Client;
  assert.deepEqual((await listSessions(client)).map(({ id }) => id), ["here", "new", "old"]);
});
