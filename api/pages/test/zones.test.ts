import assert from "node:assert/strict";
import { test } from "node:test";

import { daysAfter, daysBetween, nameZone, wallIn, zones } from "../src/clinic/zones";

const BEFORE = new Date("2027-03-27T08:00:00Z"); // of the change of clocks in Europe
const AFTER = new Date("2027-03-29T07:00:00Z");

test("the clock on a wall is that of its zone, on either side of a change", () => {
  assert.deepEqual(wallIn("Europe/Berlin", BEFORE), { date: "2027-03-27", time: "09:00" });
  assert.deepEqual(wallIn("Europe/Berlin", AFTER), { date: "2027-03-29", time: "09:00" });
  const midnight = new Date("2027-03-26T23:00:00Z");
  assert.deepEqual(wallIn("Europe/Berlin", midnight), { date: "2027-03-27", time: "00:00" });
  assert.deepEqual(wallIn("America/New_York", midnight), { date: "2027-03-26", time: "19:00" });
});

test("a zone is told by what people call it, by its name and by what its clocks show then", () => {
  assert.equal(nameZone("Europe/Berlin", BEFORE, "en"), "Central European Time (Europe/Berlin, GMT+1)");
  assert.match(nameZone("Europe/Berlin", AFTER, "fr"), /\(Europe\/Berlin, UTC\+2\)$/);
  assert.equal(nameZone("Mars/Olympus", AFTER, "en"), "Mars/Olympus");
  assert.equal(nameZone("UTC", AFTER, "en"), "UTC"); // of which browsers say GMT+00:00, GMT+0
});

test("the zone that is set can be chosen though the browser does not know it", () => {
  assert.ok(zones("Mars/Olympus").includes("Mars/Olympus"));
  assert.equal(zones("UTC").filter((one) => one === "UTC").length, 1);
});

test("days are counted without clocks", () => {
  assert.equal(daysBetween("2027-03-27", "2027-03-29"), 2);
  assert.equal(daysBetween("2027-03-01", "2027-02-28"), -1);
  assert.equal(daysAfter("2027-03-27", 2), "2027-03-29");
  assert.equal(daysAfter("2028-03-01", -1), "2028-02-29");
});
