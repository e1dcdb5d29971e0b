import assert from "node:assert/strict";
import { test } from "node:test";

import { Announcer, type Announcement } from "../src/announcer";

test("texts said at once all stand in the region, in order", () => {
  let shown: readonly Announcement[] = [];
  const announcer = new Announcer();
  announcer.say("before the page is there");
  announcer.showIn((kept) => (shown = kept));
  announcer.say("Anna joined.");
  announcer.say("Anna joined.");
  assert.deepEqual(
    shown.map(({ text }) => text),
    ["before the page is there", "Anna joined.", "Anna joined."],
  );
  assert.equal(new Set(shown.map(({ number }) => number)).size, 3);
});

test("a long call does not fill the page", () => {
  let shown: readonly Announcement[] = [];
  const announcer = new Announcer();
  announcer.showIn((kept) => (shown = kept));
  for (let n = 0; n < 1000; n += 1) announcer.say(`text ${n}`);
  assert.equal(shown.length, 20);
  assert.equal(shown.at(-1)?.text, "text 999");
});
