import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { Client } from "../src/clinic/client";
import {
  addressOf,
  choicesOf,
  connectionOf,
  defaultsOf,
  moveElsewhere,
  REASONS,
  setDefault,
  type Capability,
  type Conferencing,
  type Provider,
} from "../src/clinic/conferencing";
import type { Meeting } from "../src/clinic/meetings";
import { troubleOf } from "../src/components/clinic/elsewhere";
import { atZoom, HERE } from "./places";

const LINK = "https://zoom.example/j/1";

function capability(provider: Provider, how: Partial<Capability> = {}): Capability {
  return {
    provider, inPlan: true, registered: true, connected: false, connectedAt: null, lostAt: null,
    usable: false, ...how,
  }; // prettier-ignore
}

function conferencing(set: Provider | null, ...usable: Provider[]): Conferencing {
  const all: Provider[] = ["livekit", "google_meet", "microsoft_teams", "zoom"];
  const providers = all.map((one) => capability(one, { usable: usable.includes(one) }));
  return { default: set, auto: usable[0] ?? null, providers };
}

function meeting(place: typeof HERE): Meeting {
  const startsAt = "2027-03-04T12:00:00Z";
  return {
    id: "m", status: "open", startsAt, opensAt: startsAt, duration: 30, patientId: null,
    locked: false, participants: [], version: 3, ...place,
  }; // prettier-ignore
}

test("there is a choice of places where there is more than one", () => {
  assert.deepEqual(choicesOf(conferencing(null, "livekit")), []);
  assert.deepEqual(choicesOf(conferencing(null, "google_meet")), []); // of the smallest plan
  assert.deepEqual(choicesOf(conferencing(null)), []);
  assert.deepEqual(choicesOf(conferencing(null, "livekit", "zoom")), ["livekit", "zoom"]);
});

test("what the workspace says first stays in the list, though it cannot be had now", () => {
  assert.deepEqual(defaultsOf(conferencing("zoom", "livekit")), ["livekit", "zoom"]);
  assert.deepEqual(defaultsOf(conferencing(null, "google_meet")), ["livekit", "google_meet"]);
});

test("what stands in the way of an account is told before what comes next", () => {
  const now = "2027-03-04T12:00:00Z";
  const lost = { connectedAt: now, lostAt: now };
  assert.equal(connectionOf(capability("zoom", { registered: false, inPlan: false })), "not_registered");
  assert.equal(connectionOf(capability("zoom", { inPlan: false, ...lost })), "not_in_plan");
  assert.equal(connectionOf(capability("zoom", lost)), "lost");
  assert.equal(connectionOf(capability("zoom")), "unconnected");
  assert.equal(connectionOf(capability("zoom", { connected: true, connectedAt: now })), "connected");
});

test("only a provider's link over TLS is followed, and none of our own", () => {
  assert.equal(addressOf(atZoom(LINK, {})), LINK);
  assert.equal(addressOf(atZoom("javascript:alert(1)", {})), undefined);
  assert.equal(addressOf(atZoom(null, {})), undefined);
  assert.equal(addressOf(HERE), undefined);
});

test("a visit that can be joined has no trouble", () => {
  assert.equal(troubleOf(meeting(HERE)), "");
  assert.equal(troubleOf(meeting(atZoom(LINK, {}))), "");
  assert.equal(troubleOf(meeting(atZoom(null, { state: "gone", reason: "gone" }))), "");
  const over = meeting(atZoom(null, { state: "failed", reason: "refused" }));
  assert.equal(troubleOf({ ...over, status: "ended" }), "");
});

test("what is wrong is said, and when it is asked again", () => {
  const retryAt = new Date(2027, 2, 4, 12, 10).toISOString();
  const waits = atZoom(null, { state: "waiting", reason: "silent", detail: "x", retryAt });
  assert.equal(
    troubleOf(meeting(waits)).replace("\u202f", " "),
    "Zoom has given no link yet. Zoom does not answer. It is asked again at 12:10 PM.",
  );
  const failed = atZoom(null, { state: "failed", reason: "refused" });
  assert.match(troubleOf(meeting(failed)), /^There is no link by Zoom\. Zoom has refused: /);
  const late = atZoom(LINK, { state: "ready", reason: "broken" });
  assert.match(troubleOf(meeting(late)), /does not know the newest time yet\. Zoom has a fault/);
  const strange = atZoom(null, { state: "failed", reason: "flooded", detail: "Zoom is under water." });
  assert.match(troubleOf(meeting(strange)), /Zoom is under water\.$/);
  const instead = { ...HERE.conference, insteadOf: "zoom", reason: "not_connected" } as const;
  assert.equal(
    troubleOf(meeting({ ...HERE, conference: instead })),
    "It is in our own rooms instead of Zoom. Zoom is not connected: an owner can connect it.",
  );
});

test("the page has words for each reason that the server has", () => {
  const [exchange, rules] = ["../rules/providers/exchange.py", "../rules/conferencing.py"].map(
    (path) => readFileSync(path, "utf8"),
  );
  const classes = [
    /class Trouble\(.*?\n\n\n/s.exec(exchange ?? ""),
    /class Lack\(.*?\n\n\n/s.exec(rules ?? ""),
  ];
  const words = classes.flatMap((found) =>
    [...(found?.[0] ?? "").matchAll(/^ {4}[A-Z_]+ = "([a-z_]+)"/gm)].map(([, word]) => word ?? ""),
  );
  assert.deepEqual([...new Set(words)].sort(), [...REASONS].sort());
});

test("a visit is moved as it was seen, and our own rooms are no default of a workspace's", async () => {
  const asked: unknown[] = [];
  const client = {
    ask: async (...all: unknown[]) => void asked.push(all),
  } as unknown as Client;
  await moveElsewhere(client, meeting(atZoom(null, { state: "failed" })), "livekit");
  await setDefault(client, "livekit");
  await setDefault(client, "zoom");
  assert.deepEqual(asked, [
    ["PATCH", "/meetings/m", { body: { conferencing: "livekit" }, seen: 3 }],
    ["PATCH", "/workspace", { body: { conferencing: null } }],
    ["PATCH", "/workspace", { body: { conferencing: "zoom" } }],
  ]);
});
