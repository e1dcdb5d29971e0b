import assert from "node:assert/strict";
import { test } from "node:test";

import type { Client } from "../src/clinic/client";
import { listKeys, stateOf, type Key } from "../src/clinic/house";

const NOON = Date.parse("2027-03-04T12:00:00Z");

function key(id: string, times: Partial<Key> = {}): Key {
  const never = { expiresAt: null, revokedAt: null, usedAt: null };
  return { id, name: id, scopes: [], createdAt: "2027-01-01T00:00:00Z", ...never, ...times };
}

test("a key is live until it is revoked, or its time is over", () => {
  const until = (expiresAt: string): Key => key("k", { expiresAt });
  assert.equal(stateOf(key("k"), NOON), "live");
  assert.equal(stateOf(until("2027-03-04T12:00:01Z"), NOON), "live");
  assert.equal(stateOf(until("2027-03-04T12:00:00Z"), NOON), "expired");
  const revokedAt = "2027-03-01T12:00:00Z";
  assert.equal(stateOf(key("k", { revokedAt, expiresAt: "2027-01-01T12:00:00Z" }), NOON), "revoked");
});

test("all pages of keys are read, and live ones stand first, the newest before others", async () => {
  const revokedAt = "2027-03-01T12:00:00Z";
  const pages: Record<string, { items: Key[]; next: string | null }> = {
    "/keys?limit=200": { items: [key("old"), key("gone", { revokedAt })], next: "gone" },
    "/keys?limit=200&after=gone": {
      items: [key("new", { createdAt: "2027-02-01T00:00:00Z" })],
      next: null,
    },
  };
  const client = { ask: async (_: string, path: string) => pages[path] } as unknown as Client;
  assert.deepEqual((await listKeys(client, NOON)).map(({ id }) => id), ["new", "old", "gone"]);
});
