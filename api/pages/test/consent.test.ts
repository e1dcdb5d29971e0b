import assert from "node:assert/strict";
import { test } from "node:test";

import type { Client } from "../src/clinic/client";
import { answersOf, isAnswered, news, sayConsent, type Consents } from "../src/clinic/consent";

const PAT = { kind: "patient", subjectId: "pat" } as const;
const POLICY = { version: 2, language: "es", text: "…", hash: "h" };

function consents(...receipts: Partial<Consents["receipts"][number]>[]): Consents {
  const usual = { ...PAT, scopes: ["audio"], given: true, policyVersion: 2 } as const;
  return {
    recordable: true,
    policyVersion: 2,
    participants: [],
    receipts: receipts.map((one, n) => ({ ...usual, number: n + 1, ...one })),
  };
}

test("the newest word on each thing counts, in whatever order they come", () => {
  const said = consents(
    { scopes: ["audio", "video"] },
    { number: 4, scopes: ["video"] },
    { number: 3, scopes: ["video"], given: false },
    { number: 5, subjectId: "gus", scopes: ["ai"] },
    { number: 6, kind: "guest", scopes: ["ai"] }, // the same id would be another person
  );
  assert.deepEqual(answersOf(said, PAT), { audio: true, video: true });
});

test("a yes to an earlier text is none, a no stays one", () => {
  const said = consents(
    { scopes: ["audio", "video"], policyVersion: 1 },
    { scopes: ["ai"], given: false, policyVersion: 1 },
  );
  assert.deepEqual(answersOf(said, PAT), { ai: false });
  assert.equal(isAnswered(answersOf(said, PAT)), false);
});

test("only what is news is said, and yes and no each by a receipt of their own", async () => {
  const before = { audio: true, video: true, ai: false };
  const now = { audio: true, video: false, transcript: true, ai: false };
  assert.deepEqual(news(before, now), { video: false, transcript: true });

  const sent: unknown[] = [];
  const client = { ask: async (_: string, __: string, { body }: { body: unknown }) => sent.push(body) };
  const noted = { participantId: "p", method: "voice" } as const;
  await sayConsent(client as unknown as Client, "m", POLICY, news(before, now), noted);
  const text = { policyVersion: 2, policyHash: "h", language: "es" };
  assert.deepEqual(sent, [
    { meetingId: "m", scopes: ["transcript"], given: true, ...text, ...noted },
    { meetingId: "m", scopes: ["video"], given: false, ...text, ...noted },
  ]);
});
