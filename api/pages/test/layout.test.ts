import assert from "node:assert/strict";
import { test } from "node:test";

import { arrangementOf, bestGrid } from "../src/layout";

const GAP = 10;
const SCREENS = [
  [1280, 700],
  [1920, 1000],
  [360, 640],
  [800, 360],
  [340, 300],
] as const;

test("nobody's tile sticks out of the stage, whatever the number of people", () => {
  for (const [width, height] of SCREENS) {
    for (let count = 1; count <= 25; count += 1) {
      const grid = bestGrid(count, width, height, GAP);
      const rows = Math.ceil(count / grid.columns);
      assert.ok(grid.columns * grid.width + GAP * (grid.columns - 1) <= width);
      assert.ok(grid.scrolls || rows * grid.height + GAP * (rows - 1) <= height);
      assert.ok(grid.width > 0 && grid.height > 0);
    }
  }
});

test("tiles keep the shape of a camera's picture", () => {
  for (const [width, height] of SCREENS) {
    for (let count = 1; count <= 25; count += 1) {
      const grid = bestGrid(count, width, height, GAP);
      const ratio = grid.width / grid.height;
      assert.ok(ratio > 0.74 && ratio < 1.81, `${count} in ${width}x${height}: ${ratio}`);
    }
  }
});

test("a wide window puts people beside each other and a tall one below", () => {
  assert.equal(bestGrid(3, 1600, 500, GAP).columns, 3);
  assert.equal(bestGrid(3, 360, 900, GAP).columns, 1);
  assert.equal(bestGrid(4, 1280, 700, GAP).columns, 2);
});

test("a crowd on a phone scrolls instead of shrinking beyond recognition", () => {
  const grid = bestGrid(25, 340, 600, GAP);
  assert.ok(grid.scrolls);
  assert.equal(grid.columns, 2);
  assert.ok(grid.width >= 132);
});

test("a stage without room yet gives a grid all the same", () => {
  assert.ok(bestGrid(3, 0, 0, GAP).columns >= 1);
  assert.ok(bestGrid(0, 800, 600, GAP).columns >= 1);
});

test("the arrangement follows the number of people, and a shared screen goes first", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 25].map((people) => arrangementOf(people, 0)),
    ["solo", "solo", "duo", "grid", "grid"],
  );
  assert.equal(arrangementOf(2, 1), "presentation");
});
