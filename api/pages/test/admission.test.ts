import assert from "node:assert/strict";
import { test } from "node:test";

import { Refused, requestAdmission, socketAddress } from "../src/admission";

const INVITATION = { room: "visit", secret: "s".repeat(22) };
const PAGE = "https://clinic.example/";

function answering(answer: () => Response): { fetcher: typeof fetch; requests: Request[] } {
  const requests: Request[] = [];
  const fetcher: typeof fetch = async (input, init) => {
    requests.push(new Request(input, init));
    return answer();
  };
  return { fetcher, requests };
}

async function refusalFor(answer: () => Response): Promise<string> {
  const asked = requestAdmission(INVITATION, "Anna", PAGE, answering(answer).fetcher);
  const error: unknown = await asked.then(
    () => assert.fail("admitted"),
    (raised: unknown) => raised,
  );
  assert.ok(error instanceof Refused);
  return error.refusal;
}

test("room, secret and name go in the body, so that no log holds them", async () => {
  const { fetcher, requests } = answering(() =>
    Response.json({ token: "t", url: "wss://clinic.example/" }),
  );
  const admission = await requestAdmission(INVITATION, "Anna", PAGE, fetcher);
  assert.deepEqual(admission, { token: "t", url: "wss://clinic.example/" });
  assert.equal(requests[0]?.url, "https://clinic.example/api/v1/rooms/token");
  assert.equal(requests[0]?.method, "POST");
  assert.deepEqual(await requests[0]?.json(), { ...INVITATION, name: "Anna" });
});

test("a wrong secret is told from a busy server and a dead one", async () => {
  assert.equal(await refusalFor(() => new Response("", { status: 403 })), "invitation");
  assert.equal(await refusalFor(() => new Response("", { status: 429 })), "busy");
  assert.equal(await refusalFor(() => new Response("", { status: 500 })), "unreachable");
  assert.equal(
    await refusalFor(() => {
      throw new TypeError("failed to fetch");
    }),
    "unreachable",
  );
});

test("an answer without a token admits nobody", async () => {
  for (const body of ["", "null", "[]", "{}", '{"token": 7}', '{"token": ""}', "<html>"]) {
    assert.equal(await refusalFor(() => new Response(body)), "unreachable");
  }
});

test("a server that names no address is the page's own", () => {
  assert.equal(socketAddress("", "https://clinic.example/visit"), "wss://clinic.example/");
  assert.equal(socketAddress("", "http://127.0.0.1:7880/"), "ws://127.0.0.1:7880/");
  assert.equal(socketAddress("/media", PAGE), "wss://clinic.example/media");
  assert.equal(socketAddress("ws://other.example:1", PAGE), "ws://other.example:1/");
});
