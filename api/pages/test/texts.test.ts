import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import type { Catalogue, Plural } from "../src/texts/catalogue";
import { en } from "../src/texts/en";
import { chooseLanguage, localeFor, LOADERS, PSEUDO, type Code } from "../src/texts/languages";
import { hasText, speak, t, tCount, tList } from "../src/texts/lookup";
import { inPseudo } from "../src/texts/pseudo";

const CODES = Object.keys(LOADERS) as Code[];
// Of programs, or of what these pages never ask.
const NOT_SHOWN = new Set([
  "address_known", "bad_date", "bad_key", "bad_range", "bad_signature",
  "birth_date_needed", "consent_missing", "is_host", "is_oneself",
  "key_not_live", "key_used", "no_scope", "no_text", "nobody_meets",
  "not_a_participant", "not_admitted", "not_agreed", "not_begun", "not_live", "not_signed_in",
  "not_yours_to_click", "other_channel", "takes_no_calls", "unknown_parameter", "wrong_method", "wrong_role", "wrong_scope",
]); // prettier-ignore

async function everyText(code: Code): Promise<[key: string, text: string][]> {
  const entries = Object.entries<string | Plural>(await LOADERS[code]());
  return entries.flatMap(([key, text]) =>
    typeof text === "string" ? [[key, text]] : Object.values(text).map((one) => [key, one]),
  );
}

test("blanks are filled in, and what people typed is not read as a blank again", () => {
  assert.equal(t("say.personJoined", { name: "Anna" }), "Anna joined.");
  assert.equal(
    t("say.message", { name: "{text}", text: "hello {name}" }),
    "{text} wrote: hello {name}",
  );
});

test("one and many are told apart, as each language does it", async () => {
  assert.equal(tCount("say.joined", 1), "You joined. 1 other person is here.");
  assert.equal(tCount("say.joined", 4), "You joined. 4 other people are here.");
  speak({ code: "fr", locale: "fr", texts: await LOADERS.fr() });
  assert.equal(tCount("day.count", 0), "0 consultation."); // none is singular there
  assert.equal(tCount("day.count", 1_000_000), "1\u202f000\u202f000 consultations.");
  assert.equal(tList(["voix", "image"]), "voix et image");
  speak({ code: "en", locale: "en", texts: en });
});

test("a missing key, an unknown key and an open blank are errors of types", () => {
  const { "form.yes": yes, ...rest } = en;
  // @ts-expect-error "form.yes" is missing
  const incomplete: Catalogue = rest;
  // @ts-expect-error there is no such key
  const unknown = (): string => t("form.perhaps");
  // @ts-expect-error nobody says who
  const open = (): string => t("say.personLeft");
  assert.deepEqual([yes, typeof incomplete, typeof unknown], ["Yes", "object", "function"]);
  assert.equal(open(), "{name} left."); // and is seen, should it happen all the same
});

test("every language has each form that its numbers need", async () => {
  for (const code of CODES) {
    const rules = new Intl.PluralRules(code);
    const forms = new Set(Array.from({ length: 1000 }, (_, n) => rules.select(n)));
    if (code === PSEUDO) continue; // English in disguise
    for (const [key, text] of Object.entries<string | Plural>(await LOADERS[code]())) {
      if (typeof text === "string") continue;
      for (const form of forms) assert.ok(text[form] !== undefined, `${code} ${key} ${form}`);
    }
  }
});

test("no text is empty, and each has the blanks that English has", async () => {
  const blanks = (text: string): string => [...text.matchAll(/\{\w+\}/g)].map(String).sort().join();
  const english = new Map(await everyText("en"));
  for (const code of CODES) {
    for (const [key, text] of await everyText(code)) {
      assert.notEqual(text.trim(), "", `${code} ${key}`);
      assert.equal(blanks(text), blanks(english.get(key) ?? ""), `${code} ${key}`);
    }
  }
});

test("the words on a button are the first of its longer name", async () => {
  // By WCAG 2.5.3: who speaks to the computer says what stands on it.
  for (const code of CODES.filter((one) => one !== PSEUDO)) {
    const texts = (await LOADERS[code]()) as Catalogue & Record<string, unknown>;
    for (const [key, long] of Object.entries(texts)) {
      const short = texts[key.replace(/Long$/, "")];
      if (!key.endsWith("Long") || typeof short !== "string" || typeof long !== "string") continue;
      assert.ok(long.startsWith(short), `${code} ${key}: ${long}`);
    }
  }
});

test("what the server refuses is said in words of the page", () => {
  const sources = ["../clinic", "../clinic/hq", "../clinic/providers", "../rest/v1"].flatMap((folder) =>
    readdirSync(folder).filter((name) => name.endsWith(".py")).map((name) => `${folder}/${name}`),
  );
  const refusal = /(?:Refusal|InTheWay|Forbidden|Missing|Unknown|TooMany|TooLarge|WrongType|Unfit|Full|Gone|Changed)\(\s*"([a-z_]+)"/g;
  const kinds = sources.flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(refusal)].map(([, kind]) => kind ?? ""),
  );
  assert.ok(kinds.length > 50);
  const wordless = kinds.filter((kind) => !hasText(`clinic.problem.${kind}`));
  assert.deepEqual(wordless.filter((kind) => !NOT_SHOWN.has(kind)), []);
  const contents = readFileSync("../rules/contents.py", "utf8").split("class Reason")[1] ?? "";
  const reasons = [...contents.matchAll(/^ {4}[A-Z_]+ = "([a-z_]+)"$/gm)].map(([, kind]) => kind ?? "");
  assert.ok(reasons.length >= 8);
  assert.deepEqual(reasons.filter((kind) => !hasText(`clinic.problem.${kind}`)), []);
});

test("the first language that there is counts, whatever its region", () => {
  assert.equal(chooseLanguage([null, "de-AT", "es-MX", "en"]), "es");
  assert.equal(chooseLanguage(["FR"]), "fr");
  assert.equal(chooseLanguage(["ar", "", "toString"]), "en");
  assert.equal(chooseLanguage([PSEUDO]), PSEUDO);
  assert.equal(localeFor("en", ["de-DE", "en-GB", "en-US"]), "en-GB");
  assert.equal(localeFor("fr", ["en-GB"]), "fr");
});

test("the language of tests is longer, and keeps its blanks", () => {
  const said = inPseudo("{name} is here.");
  assert.ok(said.startsWith("{name} \u202eîš\u202c"));
  assert.ok(said.length > "{name} is here.".length * 1.3);
});
