// No text for people stands in the code: all of them are in catalogues. And no style knows left from
// right: what is read from the right has everything on the other side.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { parseSync } from "vite";

const SOURCES = readdirSync("src", { recursive: true, encoding: "utf8" });
const TOLD = ["aria-label", "alt", "title", "placeholder", "label"]; // attributes that people hear
const BLANK = "\u0000"; // where a template puts something in
const PROSE = /^[A-Z]?[a-z’']+[,:]? [a-z’']+( [a-z’',]+)*[.:?!…]?$/i; // words, as a sentence has them
// For developers or programs: not shown.
const NO_TEXT = new Set(["use strict"]);

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

function nodesOf(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  if (value === null || typeof value !== "object") return [];
  const own = "type" in value ? [value as Node] : [];
  return [...own, ...Object.values(value).flatMap(nodesOf)];
}

/** What a template shows by itself. */
function textsIn(template: string): string[] {
  const bare = template.replace(/<!--.*?-->/gs, "");
  const attributes = [...bare.matchAll(/\s([\w-]+)="([^"]*)"/g)]
    .filter(([, name]) => TOLD.includes(name ?? ""))
    .map(([, , value]) => value ?? "");
  return [...attributes, ...bare.replace(/<[^>]*>/gs, BLANK).split(BLANK)].filter((text) =>
    /\p{L}/u.test(text),
  );
}

function findTexts(path: string, code: string): string[] {
  const { program, errors } = parseSync(path, code);
  assert.deepEqual(errors, []);
  const nodes = nodesOf(program);
  const templates = nodes.filter(({ type, tag }) => {
    return type === "TaggedTemplateExpression" && ["html", "svg"].includes((tag as Node).name as string);
  });
  const drawn = templates.flatMap(({ quasi }) => {
    const { quasis } = quasi as { quasis: { value: { cooked: string } }[] };
    return textsIn(quasis.map(({ value }) => value.cooked).join(BLANK));
  });
  const strings = nodes
    .filter(({ type, value }) => type === "Literal" && typeof value === "string")
    .map(({ value }) => value as string);
  const prose = strings.filter((text) => PROSE.test(text) && !isClasses(text) && !NO_TEXT.has(text));
  return [...drawn, ...prose];
}

/** "button small" and the like: of a style sheet. */
function isClasses(text: string): boolean {
  return text.split(" ").every((word) => STYLES.includes(`.${word}`));
}

const STYLES = readdirSync("src/styles")
  .map((name) => readFileSync(`src/styles/${name}`, "utf8"))
  .join();

test("no text stands in the code", () => {
  for (const name of SOURCES.filter((path) => path.endsWith(".ts") && !path.startsWith("texts"))) {
    assert.deepEqual(findTexts(name, readFileSync(`src/${name}`, "utf8")), [], name);
  }
});

test("a text in the code would be found", () => {
  const planted = [
    "html`<p class=${x}>Hello there</p>`",
    'html`<button aria-label="Close">${icon}</button>`',
    'const failure = "That did not work.";',
    "html`<p>${count} minutes</p>`",
  ];
  for (const code of planted) assert.equal(findTexts("planted.ts", code).length, 1, code);
});

test("no style knows left from right", () => {
  const sided = /^\s*(?:(?:margin|padding|border|inset)-(?:left|right)|left|right|float)\b|text-align: *(?:left|right)/gm;
  assert.deepEqual(STYLES.match(sided), null);
  assert.equal(STYLES.match(/content: *"[^"]+"/), null);
});
