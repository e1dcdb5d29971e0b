import assert from "node:assert/strict";
import { test } from "node:test";

import { adviceOf, PARTS, troubles, type PartState, type Standing } from "../src/status";
import { en } from "../src/texts/en";
import { LOADERS } from "../src/texts/languages";
import { speak } from "../src/texts/lookup";

function state(part: PartState["part"], reason: string | null): PartState {
  const sentence = reason === null ? null : "what the server says";
  return { part, well: reason === null, reason, sentence, since: null, share: 1 };
}

test("what is not well is told, and nothing else", () => {
  const parts = PARTS.map((part) => state(part, part === "relay" ? "silent" : null));
  const standing: Standing = { status: "degraded", checkedAt: null, parts };
  assert.deepEqual(troubles(standing).map(({ part }) => part), ["relay"]);
});

test("it is said what to do, in the language that is spoken", async () => {
  assert.match(adviceOf(state("relay", "silent")), /start the relay again.*“housecall doctor”/);
  speak({ code: "fr", locale: "fr", texts: await LOADERS.fr() });
  assert.match(adviceOf(state("relay", "silent")), /qu’il redémarre le relais/);
  speak({ code: "en", locale: "en", texts: en });
});

test("a newer server's word is said in its own sentence", () => {
  assert.equal(adviceOf(state("relay", "haunted")), "what the server says");
});
