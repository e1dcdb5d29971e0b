import assert from "node:assert/strict";
import { test } from "node:test";

import { invitationLink, parseInvitation } from "../src/invitation";

const SECRET = "Zk3-_9aQ0bC4dE5fG6hI7j"; // 22 characters of base64url: 128 bits

test("a whole invitation gives its room and secret", () => {
  assert.deepEqual(parseInvitation(`#r=visit-7.${SECRET}`), { room: "visit-7", secret: SECRET });
});

test("a room's name may hold dots and escaped characters", () => {
  assert.deepEqual(parseInvitation(`#r=dr.%C3%A9mile%20b.${SECRET}`), {
    room: "dr.émile b",
    secret: SECRET,
  });
  assert.deepEqual(parseInvitation(`#r=a+b.${SECRET}`)?.room, "a+b");
});

test("other parameters beside the invitation do not disturb it", () => {
  assert.equal(parseInvitation(`#x=1&r=visit.${SECRET}&lang=en`)?.room, "visit");
});

for (const hash of [
  "",
  "#",
  "#r=",
  "#r=visit",
  "#r=visit.",
  "#r=visit.short",
  `#r=.${SECRET}`,
  `#r=v.${SECRET}!`,
  "#r=%",
]) {
  test(`${JSON.stringify(hash)} is no invitation`, () => {
    assert.equal(parseInvitation(hash), undefined);
  });
}

test("a link made for an invitation reads back as the same", () => {
  for (const room of ["visit-7", "dr.émile b", "a&b=c#d%20+", "ü.ö.ä"]) {
    const link = new URL(
      invitationLink("https://clinic.example/?lang=en#old", { room, secret: SECRET }),
    );
    assert.equal(link.origin, "https://clinic.example");
    assert.deepEqual(parseInvitation(link.hash), { room, secret: SECRET });
  }
});
