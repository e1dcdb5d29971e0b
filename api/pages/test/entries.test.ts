import assert from "node:assert/strict";
import { test } from "node:test";

import type { CalendarEvent } from "../src/clinic/calendar";
import { answerOf, entriesByDay, spanOf } from "../src/clinic/entries";
import type { Meeting, Participant, Rsvp } from "../src/clinic/meetings";
import { HERE } from "./places";

const MONDAY = new Date(2027, 2, 22);

function at(day: number, hour: number): string {
  return new Date(2027, 2, day, hour).toISOString();
}

function person(kind: "staff" | "patient", subjectId: string, rsvp: Rsvp = "needs_action"): Participant {
  return {
    id: subjectId, kind, subjectId, role: kind === "staff" ? "clinician" : "patient", name: subjectId,
    rsvp, admission: "invited", waitingSince: null, present: false,
  }; // prettier-ignore
}

function visit(id: string, startsAt: string, how: Partial<Meeting> = {}): Meeting {
  return {
    id, status: "scheduled", startsAt, opensAt: startsAt, duration: 30, patientId: "pat", locked: false,
    participants: [person("staff", "olga"), person("patient", "pat")], version: 1, ...HERE, ...how,
  }; // prettier-ignore
}

function event(id: string, how: Partial<CalendarEvent>): CalendarEvent {
  return {
    id, kind: "busy", status: "confirmed", staffId: "olga", timeZone: "UTC", duration: 60,
    recurrence: null, occurrences: [], version: 1, ...how,
  }; // prettier-ignore
}

test("a week begins on the day that the reader's region begins it with", () => {
  const thursday = new Date(2027, 2, 25);
  assert.deepEqual(spanOf("week", thursday, 1), { from: MONDAY, to: new Date(2027, 2, 29) });
  assert.deepEqual(spanOf("week", thursday, 7).from, new Date(2027, 2, 21));
  assert.deepEqual(spanOf("week", MONDAY, 1).from, MONDAY);
  assert.deepEqual(spanOf("day", thursday, 1), { from: thursday, to: new Date(2027, 2, 26) });
});

test("visits and busy times stand on their days, in their order, each once", () => {
  const occurrences = [22, 23].map((day) => ({
    original: at(day, 8), startsAt: at(day, 8), duration: 60, meetingId: null, status: null,
  })); // prettier-ignore
  const busy = event("lunch", { occurrences });
  const later = { original: at(22, 7), startsAt: at(22, 9), duration: 30, meetingId: "m", status: null };
  const made = event("e", { kind: "visit", occurrences: [later] });
  const meetings = [visit("n", at(22, 12)), visit("m", at(22, 9)), visit("off", at(22, 6), { status: "cancelled" })];
  const days = entriesByDay(spanOf("week", MONDAY, 1), [busy, made], meetings);
  assert.equal(days.length, 7);
  assert.deepEqual(
    days.map(({ entries }) => entries.map(({ meeting }) => meeting?.id ?? "busy")),
    [["busy", "m", "n"], ["busy"], [], [], [], [], []],
  );
  const [, moved, single] = days[0]?.entries ?? [];
  assert.equal(moved?.occurrence?.original, at(22, 7)); // by which it is changed
  assert.equal(single?.event, undefined); // it was made in no calendar
});

test("one calendar has the visits that its owner takes part in, whoever made them", () => {
  const hers = visit("hers", at(22, 9), { participants: [person("staff", "dora")] });
  const days = entriesByDay(spanOf("day", MONDAY, 1), [], [visit("m", at(22, 10)), hers], "dora");
  assert.deepEqual(days[0]?.entries.map(({ key }) => key), ["hers"]);
});

test("what was called off is busy no more", () => {
  const off = { original: at(22, 8), startsAt: at(22, 8), duration: 60, meetingId: null, status: null };
  const days = entriesByDay(spanOf("day", MONDAY, 1), [event("x", { status: "cancelled", occurrences: [off] })], []);
  assert.deepEqual(days[0]?.entries, []);
});

test("the answer that a host has to act upon comes first, and colleagues' answers are no patient's", () => {
  const participants = (...said: Rsvp[]): { participants: Participant[] } => ({
    participants: [person("staff", "olga", "declined"), ...said.map((rsvp, n) => person("patient", `p${n}`, rsvp))],
  });
  assert.equal(answerOf(participants()), undefined);
  assert.equal(answerOf(participants("needs_action")), undefined);
  assert.equal(answerOf(participants("accepted", "reschedule", "declined")), "reschedule");
  assert.equal(answerOf(participants("accepted", "tentative")), "tentative");
});
