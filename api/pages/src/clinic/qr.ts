/** A text as a QR code: one path for an SVG whose squares are 1 x 1. */

import encodeQR from "qr";

const BORDER = 4; // squares, by ISO/IEC 18004

export interface QrDrawing {
  readonly size: number; // squares in each direction, with the border
  readonly path: string;
}

export function drawQr(text: string): QrDrawing {
  const squares = encodeQR(text, "raw", { ecc: "medium", border: BORDER });
  const path = squares.flatMap((row, y) =>
    row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).filter((piece) => piece !== ""),
  );
  return { size: squares.length, path: path.join("") };
}
