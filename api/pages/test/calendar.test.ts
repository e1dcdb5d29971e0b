import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cancelEvent,
  firstDayFor,
  listEvents,
  moveEvent,
  type CalendarEvent,
  type Occurrence,
} from "../src/clinic/calendar";
import type { Client } from "../src/clinic/client";
import { fieldsOfHours, hoursIn } from "../src/clinic/hours";
import { Problem } from "../src/clinic/problem";
import { recurrenceOf, showRecurrence } from "../src/components/clinic/recurrence";

function occurrence(startsAt: string, how: Partial<Occurrence> = {}): Occurrence {
  return { original: startsAt, startsAt, duration: 30, meetingId: "m", status: "scheduled", ...how };
}

function series(...occurrences: Occurrence[]): CalendarEvent {
  return {
    id: "e", kind: "visit", status: "confirmed", staffId: "s", timeZone: "Europe/Berlin",
    duration: 30, version: 4, occurrences,
    recurrence: { frequency: "weekly", interval: 1, days: [], count: 3, until: null },
  }; // prettier-ignore
}

function recording(answer: unknown = {}): { client: Client; asked: unknown[][] } {
  const asked: unknown[][] = [];
  const ask = async (...all: unknown[]): Promise<unknown> => {
    asked.push(all);
    return answer;
  };
  return { client: { ask } as unknown as Client, asked };
}

test("one time of a series is named by when it was to be, all of it by nothing", async () => {
  const { client, asked } = recording();
  const to = { date: "2027-03-23", time: "10:00", duration: 30, overlapping: false };
  await moveEvent(client, series(), "2027-03-22T08:00:00Z", to);
  await cancelEvent(client, series(), undefined);
  assert.deepEqual(asked, [
    ["PATCH", "/calendar/events/e?occurrence=2027-03-22T08%3A00%3A00Z", { body: to, seen: 4 }],
    ["DELETE", "/calendar/events/e", { seen: 4 }],
  ]);
});

test("who looks at one calendar asks for that one alone", async () => {
  const { client, asked } = recording({ items: [], next: null });
  const span = { from: new Date("2027-03-22T00:00:00Z"), to: new Date("2027-03-29T00:00:00Z") };
  await listEvents(client, span);
  await listEvents(client, span, "s");
  const paths = asked.map(([, path]) => new URLSearchParams(String(path).split("?")[1]));
  assert.deepEqual(paths.map((one) => one.get("staff")), [null, "s"]);
  assert.equal(paths[0]?.get("until"), "2027-03-29T00:00:00.000Z");
});

test("a whole series moves by as many days as the one that somebody looked at", () => {
  const over = occurrence("2027-03-15T08:00:00Z", { status: "ended" });
  const next = occurrence("2027-03-22T08:00:00Z");
  const seen = occurrence("2027-03-29T07:00:00Z"); // nine too, after the clocks have changed
  const event = series(over, next, seen);
  assert.equal(firstDayFor(event, seen, "2027-03-30"), "2027-03-23");
  assert.equal(firstDayFor(event, seen, "2027-03-29"), "2027-03-22");
  assert.equal(firstDayFor(event, next, "2027-03-21"), "2027-03-21");
});

test("a series is what was entered, and a day to end with counts for more than a number", () => {
  const weekly = { frequency: "weekly", interval: "2", count: "6", until: "", "on-mon": "on", "on-thu": "on" };
  assert.deepEqual(recurrenceOf(weekly), {
    frequency: "weekly", interval: 2, days: ["mon", "thu"], count: 6, until: null,
  }); // prettier-ignore
  const until = { ...weekly, frequency: "daily", until: "2027-04-01" };
  assert.deepEqual(recurrenceOf(until), {
    frequency: "daily", interval: 2, days: [], count: null, until: "2027-04-01",
  }); // prettier-ignore
  assert.equal(recurrenceOf({ frequency: "" }), undefined);
});

test("a series is told in words", () => {
  const { recurrence } = series();
  assert.ok(recurrence);
  assert.equal(showRecurrence(recurrence), "Each week · 3 times");
  const other = { ...recurrence, interval: 2, days: ["mon", "thu"] as const, count: null, until: "2027-04-01" };
  assert.equal(showRecurrence(other), "Every 2 weeks · Monday and Thursday · until Apr 1, 2027");
});

test("hours that are left empty are none, and half of one is refused", () => {
  const [from, to] = fieldsOfHours("mon", 0);
  const [later, end] = fieldsOfHours("mon", 1);
  assert.deepEqual(hoursIn({ [from]: "09:00", [to]: "12:30", [later]: "", [end]: "" }), [
    { day: "mon", begins: "09:00", ends: "12:30" },
  ]);
  assert.throws(
    () => hoursIn({ [from]: "09:00", [to]: "" }),
    (error) => error instanceof Problem && error.kind === "bad_hours",
  );
});
