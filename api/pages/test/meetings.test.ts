import assert from "node:assert/strict";
import { test } from "node:test";

import { HERE } from "./places";
import {
  minutesSince,
  namesOf,
  type AdmissionState,
  type Meeting,
  type Participant,
  type Status,
} from "../src/clinic/meetings";

function participant(
  name: string,
  admission: AdmissionState,
  since: string | null = null,
  kind: Participant["kind"] = "patient",
): Participant {
  const role = kind === "staff" ? "clinician" : "patient";
  const rsvp = "needs_action";
  const id = `id of ${name}`;
  return {
    id, kind, subjectId: id, role, name, rsvp, admission, waitingSince: since, present: false,
  }; // prettier-ignore
}

function meeting(status: Status, ...participants: Participant[]): Meeting {
  const startsAt = "2027-03-04T12:00:00Z";
  const opensAt = "2027-03-04T11:45:00Z";
  return {
    id: "m", status, startsAt, opensAt, duration: 30, patientId: null, locked: false, participants,
    version: 1, ...HERE,
  }; // prettier-ignore
}

test("a meeting is called by those who come to the clinic", () => {
  const carl = participant("Carl", "invited", null, "staff");
  assert.equal(namesOf(meeting("open", carl, participant("Pat", "invited"))), "Pat");
  assert.equal(namesOf(meeting("open", carl)), "Carl");
});

test("waiting is told in whole minutes that have passed", () => {
  const now = Date.parse("2027-03-04T12:10:30Z");
  assert.equal(minutesSince("2027-03-04T12:00:00Z", now), 10);
  assert.equal(minutesSince("2027-03-04T12:11:00Z", now), 0);
  assert.equal(minutesSince(null, now), 0);
});
