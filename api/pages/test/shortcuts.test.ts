import assert from "node:assert/strict";
import { test } from "node:test";

import { actionOf, keysOf, SHORTCUTS } from "../src/shortcuts";

const PLAIN = {
  code: "KeyM",
  altKey: true,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  repeat: false,
};

test("every shortcut has a key of its own", () => {
  assert.equal(new Set(SHORTCUTS.map(({ code }) => code)).size, SHORTCUTS.length);
});

test("Alt and the key do it, wherever the letter stands on the keyboard", () => {
  assert.equal(actionOf(PLAIN), "microphone");
  assert.equal(keysOf("microphone"), "Alt+M");
});

test("typing, other modifiers and a key held down do nothing", () => {
  for (const change of [
    { altKey: false },
    { ctrlKey: true },
    { metaKey: true },
    { shiftKey: true },
    { repeat: true },
    { code: "KeyQ" },
  ]) {
    assert.equal(actionOf({ ...PLAIN, ...change }), undefined);
  }
});
