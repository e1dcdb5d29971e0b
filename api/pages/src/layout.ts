/** Where tiles go: which of them are large, and how many fit beside each other. */

export interface Grid {
  readonly columns: number;
  readonly width: number; // of one tile, CSS pixels
  readonly height: number;
  readonly scrolls: boolean; // more people than fit at a readable size
}

export type Arrangement = "solo" | "duo" | "grid" | "presentation";

const WIDEST = 16 / 9;
const TALLEST = 3 / 4;
const SMALLEST = 132; // a face is still readable in a tile as wide as this

export function arrangementOf(people: number, screens: number): Arrangement {
  if (screens > 0) return "presentation";
  return people <= 1 ? "solo" : people === 2 ? "duo" : "grid";
}

/** The grid that gives each of `count` tiles the most area in `width` x `height`. */
export function bestGrid(count: number, width: number, height: number, gap: number): Grid {
  let best: Grid = { columns: 1, width: 0, height: 0, scrolls: false };
  for (let columns = 1; columns <= count; columns += 1) {
    const grid = gridOf(columns, Math.ceil(count / columns), width, height, gap);
    if (grid.width * grid.height > best.width * best.height) best = grid;
  }
  return best.width >= Math.min(SMALLEST, width) ? best : scrollingGrid(width, gap);
}

function gridOf(columns: number, rows: number, width: number, height: number, gap: number): Grid {
  const roomWidth = Math.max(0, (width - gap * (columns - 1)) / columns);
  const roomHeight = Math.max(0, (height - gap * (rows - 1)) / rows);
  const tileWidth = Math.min(roomWidth, roomHeight * WIDEST);
  const tileHeight = Math.min(roomHeight, tileWidth / TALLEST);
  return { columns, width: Math.floor(tileWidth), height: Math.floor(tileHeight), scrolls: false };
}

function scrollingGrid(width: number, gap: number): Grid {
  const columns = Math.max(1, Math.floor((width + gap) / (SMALLEST + gap)));
  const tileWidth = Math.floor((width - gap * (columns - 1)) / columns);
  return { columns, width: tileWidth, height: Math.floor(tileWidth * TALLEST), scrolls: true };
}
