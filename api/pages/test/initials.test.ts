import assert from "node:assert/strict";
import { test } from "node:test";

import { initialsOf } from "../src/components/initials";

test("initials leave titles and middle names out", () => {
  assert.equal(initialsOf("Dr. Anna Maria Berg"), "AB");
  assert.equal(initialsOf("Anna"), "A");
  assert.equal(initialsOf("  émile   zola "), "ÉZ");
  assert.equal(initialsOf("Dr."), "D");
});

test("names in other scripts and no name at all give something to draw", () => {
  assert.equal(initialsOf("李 小龙"), "李小");
  assert.equal(initialsOf("👩‍⚕️ Ann"), "👩A");
  assert.equal(initialsOf(""), "");
});
