import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { Client } from "../src/clinic/client";
import {
  DELIVERY_STATES,
  invite,
  isLost,
  listReminders,
  type Delivery,
} from "../src/clinic/deliveries";
import type { Meeting } from "../src/clinic/meetings";
import {
  CARRIERS,
  chooseWords,
  enterCarrier,
  forgetCarrier,
  preview,
  segments,
  TEMPLATE_KINDS,
  type CarrierDetails,
  type Template,
} from "../src/clinic/templates";

const TEMPLATE: Template = {
  channel: "sms", kind: "reminder", language: "es", subject: null, text: "{time} {link}", isOwn: true,
  placeholders: ["link", "time"],
}; // prettier-ignore
const MEETING = { id: "m" } as Meeting;

test("a preview has what is put in, and shows what cannot be", () => {
  assert.equal(preview("{clinic}: {time}{x}", { clinic: "North {time}", time: "9" }), "North {time}: 9{x}");
});

test("what carriers count as one text message, they count by its letters", () => {
  assert.equal(segments("a".repeat(160)), 1);
  assert.equal(segments("a".repeat(161)), 2);
  assert.equal(segments("a".repeat(307)), 3);
  assert.equal(segments(`${"a".repeat(158)}€`), 1); // which counts for two
  assert.equal(segments(`${"a".repeat(159)}€`), 2);
  assert.equal(segments("’".repeat(70)), 1);
  assert.equal(segments("’".repeat(71)), 2);
});

test("the program's own words come back by none of one's own", async () => {
  const asked: unknown[] = [];
  const ask = async (...all: unknown[]): Promise<void> => void asked.push(all);
  await chooseWords({ ask } as unknown as Client, TEMPLATE, null, null);
  const body = { channel: "sms", kind: "reminder", language: "es", subject: null, text: null };
  assert.deepEqual(asked, [["PUT", "/templates", { body }]]);
});

test("a carrier of one's own is entered whole, and without it the server's is shown", async () => {
  const asked: unknown[] = [];
  const ask = async (...all: unknown[]): Promise<void> => void asked.push(all);
  const body: CarrierDetails = {
    provider: "twilio", sender: "+1", secret: "s", account: "AC1", privateKey: null, url: null,
  }; // prettier-ignore
  const client = { ask } as unknown as Client;
  await enterCarrier(client, body);
  await forgetCarrier(client);
  assert.deepEqual(asked, [["PUT", "/texts/carrier", { body }], ["DELETE", "/texts/carrier"], ["GET", "/texts"]]);
});

test("the page knows each carrier that the server has", () => {
  const kinds = /class Kind\(.*?\n\n/s.exec(readFileSync("../carriers/choosing.py", "utf8"))?.[0] ?? "";
  const words = [...kinds.matchAll(/^ {4}[A-Z]+ = "([a-z]+)"/gm)].map(([, word]) => word);
  assert.deepEqual(words, [...CARRIERS]);
});

test("reminders of one visit are asked for, and shown with the newest first", async () => {
  const letter = (id: string, kind: string): Delivery => ({
    id, kind, channel: "mail", subjectId: "p", state: "sent", reason: null, createdAt: "2027-03-04T12:00:00Z",
  }); // prettier-ignore
  const items = [letter("1", "invitation"), letter("2", "reminder"), letter("3", "reminder")];
  const paths: string[] = [];
  const ask = async (_: string, path: string): Promise<unknown> => {
    paths.push(path);
    return { items, next: null };
  };
  const found = await listReminders({ ask } as unknown as Client, MEETING);
  assert.deepEqual(found.map(({ id }) => id), ["3", "2"]);
  assert.deepEqual(paths, ["/mail?meeting=m&limit=200"]);
});

test("one person is invited by the way that was chosen", async () => {
  const asked: unknown[] = [];
  const ask = async (...all: unknown[]): Promise<void> => void asked.push(all);
  await invite({ ask } as unknown as Client, MEETING, "p", "sms");
  const body = { channel: "sms", participants: [{ participantId: "p" }] };
  assert.deepEqual(asked, [["POST", "/meetings/m/invite", { body }]]);
});

test("the page has words for each state and each kind of template that the server has", () => {
  const states = /class MailState\(.*?\n\n\n/s.exec(readFileSync("../rules/mailing.py", "utf8"))?.[0];
  const words = [...(states ?? "").matchAll(/^ {4}[A-Z]+ = "([a-z]+)"/gm)].map(([, word]) => word ?? "");
  assert.deepEqual(words.sort(), [...DELIVERY_STATES].sort());
  assert.deepEqual(DELIVERY_STATES.filter(isLost), ["refused", "bounced", "unknown", "expired"]);
  const rules = readFileSync("../rules/templates.py", "utf8");
  const kinds = [...rules.matchAll(/^ {8}K\.([A-Z]+): frozenset/gm)].map(([, kind]) => kind?.toLowerCase());
  assert.deepEqual([...new Set(kinds)].sort(), [...TEMPLATE_KINDS].sort());
});
