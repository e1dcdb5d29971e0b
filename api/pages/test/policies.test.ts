import assert from "node:assert/strict";
import { test } from "node:test";

import type { Client } from "../src/clinic/client";
import {
  languagesFor,
  listVersions,
  paragraphsOf,
  publish,
  textsIn,
  versionsOf,
  type Published,
} from "../src/clinic/policies";

function text(version: number, language: string, publishedAt = "2027-03-04T12:00:00Z"): Published {
  return { version, language, text: `${language} ${version}`, hash: "h", publishedAt };
}

function asking(answers: Record<string, unknown>): { client: Client; asked: unknown[][] } {
  const asked: unknown[][] = [];
  const ask = async (method: string, path: string, how?: { body?: unknown }): Promise<unknown> => {
    asked.push([method, path, how?.body]);
    return answers[path];
  };
  return { client: { ask } as unknown as Client, asked };
}

test("versions have all their languages, and the newest stands first, also of more than nine", () => {
  const versions = versionsOf([text(9, "en"), text(10, "en"), text(10, "ca"), text(9, "es")]);
  assert.deepEqual(
    versions.map((one) => [one.version, one.texts.map(({ language }) => language)]),
    [
      [10, ["en", "ca"]],
      [9, ["en", "es"]],
    ],
  );
  assert.equal(versions[0]?.publishedAt, "2027-03-04T12:00:00Z");
});

test("as long as a clinic has none, the program's own are shown", async () => {
  const own = (language: string): unknown => ({ version: 0, language, text: "…", hash: "h" });
  const { client } = asking({
    "/consent/policies?limit=200": { items: [], next: null },
    "/consent/policy?language=en": own("en"),
    "/consent/policy?language=es": own("es"),
    "/consent/policy?language=fr": own("fr"),
  });
  const [version, ...none] = await listVersions(client);
  assert.deepEqual(none, []);
  assert.deepEqual([version?.version, version?.publishedAt], [0, null]);
  assert.deepEqual(version?.texts.map(({ language }) => language), ["en", "es", "fr"]);
});

test("a new version is written in the languages in force and in those of the pages", () => {
  const [inForce] = versionsOf([text(1, "ca"), text(1, "es")]);
  assert.deepEqual(languagesFor(inForce), ["ca", "es", "en", "fr"]);
  assert.deepEqual(languagesFor(undefined), ["en", "es", "fr"]);
});

test("what is empty is not published, and lines end as the server's do", async () => {
  const texts = textsIn({ en: " One.\r\n\r\nTwo.\n", es: " \n ", fr: "" });
  assert.deepEqual(texts, [{ language: "en", text: "One.\n\nTwo." }]);
  const { client, asked } = asking({});
  await publish(client, texts);
  assert.deepEqual(asked, [["POST", "/consent/policies", { texts }]]);
});

test("an empty line divides paragraphs, one line end does not", () => {
  assert.deepEqual(paragraphsOf("One\nline.\n\n\n Two. \n  \n"), ["One\nline.", " Two. "]);
  assert.deepEqual(paragraphsOf("  \n\n "), []);
});
