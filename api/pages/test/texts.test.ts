import assert from "node:assert/strict";
import { test } from "node:test";

import { en } from "../src/texts/en";
import { t, tCount } from "../src/texts/lookup";

test("blanks are filled in, and what people typed is not read as a blank again", () => {
  assert.equal(t("say.personJoined", { name: "Anna" }), "Anna joined.");
  assert.equal(
    t("say.message", { name: "{text}", text: "hello {name}" }),
    "{text} wrote: hello {name}",
  );
});

test("a blank that nobody fills stays visible", () => {
  assert.equal(t("say.personJoined"), "{name} joined.");
});

test("one and many are told apart", () => {
  assert.equal(tCount("say.joined", 1), "You joined. 1 other person is here.");
  assert.equal(tCount("say.joined", 4), "You joined. 4 other people are here.");
});

test("no text is empty", () => {
  for (const [key, text] of Object.entries(en)) assert.notEqual(text.trim(), "", key);
});
