import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../src/clinic/client";
import {
  newsFrom,
  oneLine,
  together,
  writeToHosts,
  writeToWaiter,
  type Note,
} from "../src/clinic/lobbychat";

function note(id: string, byHost: boolean): Note {
  return { id, byHost, text: `text of ${id}`, at: "2027-03-04T12:00:00Z" };
}

const [ASKED, ANSWERED] = [note("asked", true), note("answered", false)];

test("what was sent stands at the end until the server tells of it, and then once", () => {
  assert.deepEqual(together([ASKED], [ANSWERED]), [ASKED, ANSWERED]);
  assert.deepEqual(together([ANSWERED, ASKED], [ANSWERED]), [ANSWERED, ASKED]);
});

test("news is what the other side has written since", () => {
  assert.deepEqual(newsFrom([], [ASKED, ANSWERED], false), [ASKED]);
  assert.deepEqual(newsFrom([], [ASKED, ANSWERED], true), [ANSWERED]);
  assert.deepEqual(newsFrom([ASKED], [ASKED, ANSWERED], false), []);
});

test("several lines become the one that the server takes", () => {
  assert.equal(oneLine("  Have your card\r\n at hand.\n"), "Have your card at hand.");
  assert.equal(oneLine(" \n\t"), "");
});

test("hosts and those who wait write to each other, and no text is in an address", async () => {
  const asked: unknown[] = [];
  const client = new Client("https://clinic.example/#/", async (input, init) => {
    const request = new Request(input, init);
    asked.push(request.method, new URL(request.url).pathname, await request.json());
    return Response.json(ASKED, { status: 201 });
  });
  assert.deepEqual(await writeToWaiter(client, "m", "p", "Hello"), ASKED);
  await writeToHosts(client, "m", "Hello");
  assert.deepEqual(asked, [
    "POST", "/api/v1/meetings/m/participants/p/messages", { text: "Hello" },
    "POST", "/api/v1/meetings/m/place/messages", { text: "Hello" },
  ]); // prettier-ignore
});
