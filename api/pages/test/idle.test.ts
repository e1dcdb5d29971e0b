import assert from "node:assert/strict";
import { test } from "node:test";

import { Idle, OVER, WARNED } from "../src/clinic/idle";

const MINUTE = 60_000;

test("who does nothing is asked first and then signed out, before the server does it", () => {
  const idle = new Idle(0);
  assert.equal(idle.state(WARNED - 1), "active");
  assert.equal(idle.nextChange(0), WARNED);
  assert.equal(idle.state(WARNED), "warned");
  assert.equal(idle.nextChange(WARNED), OVER - WARNED);
  assert.equal(idle.state(OVER), "over");
  assert.equal(idle.nextChange(OVER), undefined);
  assert.ok(OVER + 2 * MINUTE <= 15 * MINUTE);
});

test("activity begins the time anew, and the server hears of it once a minute", () => {
  const idle = new Idle(0);
  assert.equal(idle.receiveActivity(MINUTE - 1), false);
  assert.equal(idle.receiveActivity(MINUTE), true);
  assert.equal(idle.receiveActivity(MINUTE + 1), false);
  assert.equal(idle.state(MINUTE + WARNED), "active");
  assert.equal(idle.state(MINUTE + 1 + WARNED), "warned");
});

test("after hours of sleep there is nothing left to ask", () => {
  const idle = new Idle(0);
  assert.equal(idle.state(8 * 60 * MINUTE), "over");
});
