import assert from "node:assert/strict";
import { test } from "node:test";

import { readPreferences, writePreferences } from "../src/preferences";

function memory(start?: string): Pick<Storage, "getItem" | "setItem"> & { stored: () => string } {
  let value = start;
  return {
    getItem: () => value ?? null,
    setItem: (_key, next) => void (value = next),
    stored: () => value ?? "",
  };
}

const NOTHING = { name: "", camera: "", microphone: "", speaker: "" };

test("what is written is read back, and a change leaves the rest alone", () => {
  const storage = memory();
  writePreferences(storage, { name: "Anna", camera: "c1" });
  writePreferences(storage, { camera: "c2" });
  assert.deepEqual(readPreferences(storage), { ...NOTHING, name: "Anna", camera: "c2" });
});

test("what somebody else stored there is not believed", () => {
  for (const garbage of ["{", "null", "7", '{"name": {"a": 1}, "camera": 5}', '"text"']) {
    assert.deepEqual(readPreferences(memory(garbage)), NOTHING);
  }
  assert.deepEqual(Object.keys(readPreferences(memory('{"secret": "s"}'))), Object.keys(NOTHING));
});

test("a browser that stores nothing is no reason to fail", () => {
  const closed = {
    getItem: () => {
      throw new Error("denied");
    },
    setItem: () => {
      throw new Error("denied");
    },
  };
  writePreferences(closed, { name: "Anna" });
  assert.deepEqual(readPreferences(closed), NOTHING);
});
