import assert from "node:assert/strict";
import { test } from "node:test";

import { pageHash, parseRoute, visitHash } from "../src/route";

const TOKEN = `hcl_${"Zk3-_9aQ".repeat(8)}`;
const ID = "018f3c5e-7a10-7cc2-b6a5-0123456789ab";

test("a one-time link gives its token, and a room's link its room", () => {
  assert.deepEqual(parseRoute(`#l=${TOKEN}`), { to: "link", token: TOKEN });
  const route = parseRoute(`#r=visit.${"s".repeat(22)}`);
  assert.deepEqual(route, { to: "room", invitation: { room: "visit", secret: "s".repeat(22) } });
});

test("the link of a letter answers its invitation", () => {
  const token = TOKEN.replace("hcl_", "hca_");
  assert.deepEqual(parseRoute(`#a=${token}&m=${ID}`), { to: "answer", token, id: ID, language: null });
  assert.deepEqual(parseRoute(`#a=${token}&m=${ID}&l=fr`), { to: "answer", token, id: ID, language: "fr" });
  assert.deepEqual(parseRoute(`#a=${token}`), { to: "broken" });
});

test("pages and visits have addresses that read back", () => {
  for (const page of ["day", "calendar", "patients", "staff", "messages", "clinic"] as const) {
    assert.deepEqual(parseRoute(pageHash(page)), { to: "page", page });
  }
  assert.deepEqual(parseRoute(visitHash(ID)), { to: "visit", id: ID });
});

test("the bare address is where one begins", () => {
  for (const hash of ["", "#", "#/"]) assert.deepEqual(parseRoute(hash), { to: "start" });
});

for (const hash of ["#l=hcl_short", `#l=${TOKEN}x`, "#l=", "#/nowhere", "#m=1", "#x", "#r=v"]) {
  test(`${hash} leads nowhere`, () => {
    assert.deepEqual(parseRoute(hash), { to: "broken" });
  });
}
