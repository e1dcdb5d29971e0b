import assert from "node:assert/strict";
import { test } from "node:test";

import { loudness, meterPosition, SilenceWatch } from "../src/level";

test("loudness is the root mean square", () => {
  assert.equal(loudness(new Float32Array([0.5, -0.5, 0.5, -0.5])), 0.5);
  assert.equal(loudness(new Float32Array(64)), 0);
  assert.equal(loudness(new Float32Array(0)), 0);
});

test("the meter is empty at -60 dB, full at -6 dB and even in decibels between", () => {
  assert.equal(meterPosition(0), 0);
  assert.equal(meterPosition(10 ** (-70 / 20)), 0);
  assert.ok(Math.abs(meterPosition(10 ** (-33 / 20)) - 0.5) < 1e-9);
  assert.equal(meterPosition(1), 1);
});

test("a microphone that gives nothing for four seconds is found out, and forgiven at once", () => {
  const watch = new SilenceWatch(4);
  assert.equal(watch.receiveLevel(0, 10), false);
  assert.equal(watch.receiveLevel(0, 13.9), false);
  assert.equal(watch.receiveLevel(0, 14), true);
  assert.equal(watch.receiveLevel(0.001, 14.1), false);
  assert.equal(watch.receiveLevel(0, 15), false);
});

test("the noise of a quiet room is not silence", () => {
  const watch = new SilenceWatch(4);
  assert.equal(watch.receiveLevel(0.0001, 0), false);
  assert.equal(watch.receiveLevel(0.0001, 60), false);
});
