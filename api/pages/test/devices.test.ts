import assert from "node:assert/strict";
import { test } from "node:test";

import { sortDevices } from "../src/devices";
import { problemOf } from "../src/problems";

const nameless = (kind: string, number: number): string => `${kind} ${number}`;

test("devices are sorted by kind, and nameless ones are numbered", () => {
  const devices = sortDevices(
    [
      { kind: "audioinput", deviceId: "m1", label: "Headset" },
      { kind: "videoinput", deviceId: "c1", label: "" },
      { kind: "videoinput", deviceId: "c2", label: "" },
      { kind: "audiooutput", deviceId: "s1", label: "Loudspeaker" },
    ],
    nameless,
  );
  assert.deepEqual(
    devices.cameras.map(({ label }) => label),
    ["videoinput 1", "videoinput 2"],
  );
  assert.deepEqual(devices.microphones, [{ id: "m1", label: "Headset" }]);
  assert.deepEqual(devices.speakers, [{ id: "s1", label: "Loudspeaker" }]);
});

test("what browsers list before permission is no choice", () => {
  const devices = sortDevices([{ kind: "videoinput", deviceId: "", label: "" }], nameless);
  assert.deepEqual(devices.cameras, []);
});

test("each browser error has its guidance", () => {
  const raised = (name: string, message = ""): string => problemOf(new DOMException(message, name));
  assert.equal(raised("NotAllowedError", "Permission denied"), "denied");
  assert.equal(raised("NotAllowedError", "Permission denied by system"), "system");
  assert.equal(raised("NotFoundError"), "missing");
  assert.equal(raised("OverconstrainedError"), "missing");
  assert.equal(raised("NotReadableError"), "busy");
  assert.equal(raised("InvalidStateError"), "unknown");
  assert.equal(problemOf(undefined), "unknown");
});
