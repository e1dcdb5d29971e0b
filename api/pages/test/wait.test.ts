import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../src/clinic/client";
import { Problem } from "../src/clinic/problem";
import { Wait } from "../src/clinic/wait";

const PAGE = "https://clinic.example/#/";
const PATH = "/api/v1/meetings/7/place";
const TICKET = { token: "t", url: null };

type Said = object | Error | number; // a number is the status of a failure

/** A server that answers in this order, and what it was asked. */
function waiting(...answers: Said[]): { wait: Wait; asked: string[]; places: unknown[] } {
  const asked: string[] = [];
  const fetcher: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    asked.push(`${request.method} ${pathname}${search}`);
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    const answer = answers.shift();
    if (answer === undefined) return held(request.signal);
    if (answer instanceof Error) throw answer;
    return typeof answer === "number"
      ? Response.json({ title: "failed" }, { status: answer })
      : Response.json(answer);
  };
  const wait = new Wait(new Client(PAGE, fetcher), "7", PAGE, 0);
  const places: unknown[] = [];
  wait.addEventListener("change", () => places.push(wait.place?.position));
  return { wait, asked, places };
}

/** A question that is answered by nobody. */
async function held(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new Error("ended"));
    signal.addEventListener("abort", () => reject(new Error("ended")));
  });
}

function place(admission: string, position: number | null = null, status = "lobby"): object {
  return { status, admission, position, waitSeconds: position === null ? null : 60 };
}

async function kindOf(entering: Promise<unknown>): Promise<string> {
  const error: unknown = await entering.then(
    () => assert.fail("let in"),
    (raised: unknown) => raised,
  );
  assert.ok(error instanceof Problem);
  return error.kind;
}

test("who knocks is told their place until they are let in", async () => {
  const told = waiting(place("waiting", 2), place("waiting", 1), place("admitted"), TICKET);
  const admission = await told.wait.enter();
  assert.deepEqual(admission, { token: "t", url: "wss://clinic.example/" });
  assert.deepEqual(told.places, [2, 1, undefined]);
  assert.deepEqual(told.asked, [
    `POST ${PATH}`,
    `GET ${PATH}?wait=25`,
    `GET ${PATH}?wait=25`,
    "POST /api/v1/livekit/token",
  ]);
});

test("who is expected waits for nothing", async () => {
  const told = waiting(place("admitted"), TICKET);
  await told.wait.enter();
  assert.deepEqual(told.places, [undefined]);
});

test("a network that fails for a moment ends no wait", async () => {
  const { wait } = waiting(
    place("waiting", 1),
    new TypeError("failed to fetch"),
    503,
    place("admitted"),
    TICKET,
  );
  await wait.enter();
});

test("who is sent away, or waits for what is over, is told so", async () => {
  assert.equal(await kindOf(waiting(place("denied")).wait.enter()), "denied");
  const over = waiting(place("waiting", 1), place("waiting", null, "cancelled"));
  assert.equal(await kindOf(over.wait.enter()), "meeting_over");
});

test("a refusal that stays is raised", async () => {
  assert.equal(await kindOf(waiting(place("waiting", 1), 404).wait.enter()), "failed");
});

test("who leaves the waiting room leaves it at once, and the server hears of it", async () => {
  const { wait, asked } = waiting(place("waiting", 1));
  const entering = wait.enter();
  await new Promise((resolve) => {
    wait.addEventListener("change", resolve, { once: true });
  });
  wait.stop();
  assert.equal(await kindOf(entering), "left");
  assert.equal(asked.includes(`DELETE ${PATH}`), true);
});

test("after a put-back one is awaited, after an end one is not", async () => {
  assert.equal(await waiting(place("put_back", 1)).wait.isAwaited(), true);
  assert.equal(await waiting(place("left")).wait.isAwaited(), false);
  assert.equal(await waiting(place("waiting", null, "ended")).wait.isAwaited(), false);
  assert.equal(await waiting(500).wait.isAwaited(), false);
});
