import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { Client } from "../src/clinic/client";
import {
  parted,
  PRIORITIES,
  readinessOf,
  readProfiles,
  servesAny,
  take,
  type HqWaiter,
} from "../src/clinic/hq";
import { Problem } from "../src/clinic/problem";
import { showLanguage } from "../src/clinic/when";

const WAITER: HqWaiter = {
  workspaceId: "w",
  title: "South",
  meetingId: "m",
  since: "2027-03-04T12:00:00Z",
  priority: "routine",
  language: null,
  skill: null,
  speaks: true,
  fits: true,
  present: true,
  devices: { camera: true, microphone: true },
  consent: true,
};

function answering(answers: Record<string, unknown>): Client {
  const ask = async (method: string, path: string): Promise<unknown> => {
    const answer = answers[`${method} ${path}`];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { ask } as unknown as Client;
}

test("the first thing that is missing is told", () => {
  assert.equal(readinessOf(WAITER), "ready");
  assert.equal(readinessOf({ ...WAITER, devices: null }), "ready"); // a page that says nothing
  assert.equal(readinessOf({ ...WAITER, consent: false }), "noConsent");
  const silent = { camera: true, microphone: false };
  assert.equal(readinessOf({ ...WAITER, consent: false, devices: silent }), "noDevices");
  assert.equal(readinessOf({ ...WAITER, present: false, devices: silent }), "away");
});

test("an HQ is who has agreed with somebody, if the plan has it", async () => {
  const members = (state: string): Client => answering({ "GET /hq/members": { items: [{ state }] } });
  assert.equal(await servesAny(members("agreed")), true);
  assert.equal(await servesAny(members("offered")), false);
  const refused = answering({ "GET /hq/members": new Problem(403, "plan_required") });
  assert.equal(await servesAny(refused), false);
});

test("who takes somebody comes in by the ticket", async () => {
  const client = answering({ "POST /hq/visits/w/m": { token: "t", url: "wss://north.example" } });
  const admission = await take(client, WAITER, "https://north.example/#/hq");
  assert.equal(admission.token, "t");
  assert.ok(admission.url.startsWith("wss://north.example"));
});

test("languages are called by their names", () => {
  assert.equal(showLanguage("es-MX", "en"), "Mexican Spanish");
  assert.equal(showLanguage("no language", "en"), "no language");
});

test("what commas part is told once each", () => {
  assert.deepEqual(parted(" en, es ,,en;pt-BR\n"), ["en", "es", "pt-BR"]);
  assert.deepEqual(parted(" , "), []);
});

test("languages and skills are known by whose they are, and to nobody whose plan has no use for them", async () => {
  const nora = { staffId: "n", name: "Nora", languages: ["es"], skills: ["wounds"] };
  const found = await readProfiles(answering({ "GET /hq/staff": { items: [nora] } }));
  assert.deepEqual(found.get("n"), nora);
  const refused = answering({ "GET /hq/staff": new Problem(403, "plan_required") });
  assert.equal((await readProfiles(refused)).size, 0);
  const broken = answering({ "GET /hq/staff": new Problem(503, "unavailable") });
  await assert.rejects(readProfiles(broken), Problem);
});

test("the page knows each urgency that the server has", () => {
  const rule = /class Priority\(.*?\n\n/s.exec(readFileSync("../rules/hq.py", "utf8"))?.[0] ?? "";
  const words = [...rule.matchAll(/^ {4}[A-Z]+ = "([a-z]+)"/gm)].map(([, word]) => word);
  assert.deepEqual(words, [...PRIORITIES]);
});
