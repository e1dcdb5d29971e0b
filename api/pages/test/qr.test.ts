import assert from "node:assert/strict";
import { test } from "node:test";

import decodeQR from "qr/decode.js";

import { drawQr } from "../src/clinic/qr";

const URI =
  "otpauth://totp/Housecall%20Clinic:olga%40n.example?secret=S5U3PMDMNWHDJFXHTLE2L3DHQTNZZL6T&issuer=Housecall%20Clinic";

/** The drawing as a camera sees it: so many pixels for each square. */
function photograph(text: string, scale = 4): { width: number; height: number; data: Uint8Array } {
  const { size, path } = drawQr(text);
  const width = size * scale;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = 0; row < scale; row += 1) {
      const start = ((Number(y) * scale + row) * width + Number(x) * scale) * 4;
      for (let i = 0; i < scale * 4; i += 1) if (i % 4 !== 3) data[start + i] = 0;
    }
  }
  return { width, height: width, data };
}

test("what is drawn reads back as the same address", () => {
  assert.equal(decodeQR(photograph(URI)), URI);
});

test("the drawing has a quiet border of four squares", () => {
  const { size, path } = drawQr(URI);
  const places = [...path.matchAll(/M(\d+) (\d+)h/g)].flatMap(([, x, y]) => [Number(x), Number(y)]);
  assert.equal(Math.min(...places), 4);
  assert.equal(Math.max(...places), size - 5);
});
