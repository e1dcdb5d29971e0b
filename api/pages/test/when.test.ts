import assert from "node:assert/strict";
import { test } from "node:test";

import {
  dayOf,
  fieldsOf,
  firstDayOfWeek,
  momentOf,
  nextQuarter,
  showDate,
  showTime,
  showWait,
} from "../src/clinic/when";

function inZone<Result>(zone: string, read: () => Result): Result {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return read();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

test("a day is from midnight to midnight here, whatever the clocks do in it", () => {
  const hours = inZone("Europe/Berlin", () =>
    ["2027-03-28T10:00:00Z", "2027-10-31T10:00:00Z", "2027-06-01T10:00:00Z"].map((moment) => {
      const { from, to } = dayOf(new Date(moment));
      return (to.getTime() - from.getTime()) / 3_600_000;
    }),
  );
  assert.deepEqual(hours, [23, 25, 24]);
});

test("another day is so many days later, over the end of a month too", () => {
  inZone("America/New_York", () => {
    const { from } = dayOf(new Date("2027-01-31T23:00:00-05:00"), 1);
    assert.deepEqual(fieldsOf(from), { date: "2027-02-01", time: "00:00" });
  });
});

test("fields hold a moment as the reader's clock has it, and name the same one", () => {
  inZone("Asia/Kathmandu", () => {
    const moment = new Date("2027-03-04T12:00:00Z");
    const { date, time } = fieldsOf(moment);
    assert.deepEqual([date, time], ["2027-03-04", "17:45"]);
    assert.equal(momentOf(date, time).getTime(), moment.getTime());
    assert.equal(showTime(moment.toISOString(), "de"), "17:45");
  });
});

test("a date of birth is the same one in every zone", () => {
  for (const zone of ["Pacific/Kiritimati", "Pacific/Pago_Pago"]) {
    assert.equal(
      inZone(zone, () => showDate("1980-02-29", "en-GB")),
      "29 Feb 1980",
    );
  }
});

test("a new visit begins at the next quarter of an hour", () => {
  const at = (iso: string): string => nextQuarter(new Date(iso)).toISOString();
  assert.equal(at("2027-03-04T12:01:00Z"), "2027-03-04T12:15:00.000Z");
  assert.equal(at("2027-03-04T12:15:00Z"), "2027-03-04T12:15:00.000Z");
  assert.equal(at("2027-03-04T12:46:00Z"), "2027-03-04T13:00:00.000Z");
});

test("a while is told in its largest unit, and never as less than it is", () => {
  assert.equal(showWait(41, "en"), "41 seconds");
  assert.equal(showWait(1, "fr"), "1\u00a0seconde");
  assert.equal(showWait(121, "en"), "3 minutes");
  assert.equal(showWait(35_000, "es"), "10 horas");
});

test("weeks begin as the reader's region has them", () => {
  assert.equal(firstDayOfWeek("en-US"), 7);
  assert.equal(firstDayOfWeek("de-DE"), 1);
});
