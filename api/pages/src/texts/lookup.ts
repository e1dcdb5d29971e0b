/** Look a text up by its key and fill in its blanks, in the language that is spoken now. */

import type { BlankOf, Blanks, Catalogue, CountedKey, TextKey } from "./catalogue";
import { en } from "./en";
import { FALLBACK, type Code } from "./languages";

export type { CountedKey, PlainKey, TextKey } from "./catalogue";

interface Spoken {
  readonly code: Code;
  readonly locale: string; // of dates, times and numbers
  readonly texts: Catalogue;
}

let spoken: Spoken = { code: FALLBACK, locale: FALLBACK, texts: en };
const hearers = new Set<() => void>();

type Filling<Key extends TextKey> = [BlankOf<Key>] extends [never]
  ? readonly []
  : readonly [blanks: Blanks<BlankOf<Key>>];

/** `t("say.personJoined", { name: "Anna" })`. Numbers are written as the language has them. */
export function t<Key extends TextKey>(key: Key, ...[blanks]: Filling<Key>): string {
  const plain: Readonly<Record<TextKey, string>> = spoken.texts;
  return fill(plain[key], blanks ?? {});
}

/** The form of a text that goes with a number, with `{count}` filled in. */
export function tCount(key: CountedKey, count: number): string {
  const forms = spoken.texts[key];
  const form = new Intl.PluralRules(spoken.locale).select(count);
  return fill(forms[form] ?? forms.other, { count });
}

/** "one, two and three", as the language has it. */
export function tList(items: readonly string[]): string {
  return new Intl.ListFormat(spoken.locale, { type: "conjunction" }).format(items);
}

/** Whether there is such a text, for keys that come from elsewhere. */
export function hasText(key: string): key is TextKey {
  return key in en;
}

export function locale(): string {
  return spoken.locale;
}

export function language(): Code {
  return spoken.code;
}

/** From now on; whoever shows texts is told. */
export function speak(next: Spoken): void {
  spoken = next;
  for (const hear of hearers) hear();
}

/** `hear` is told of another language, until what is returned is called. */
export function onLanguage(hear: () => void): () => void {
  hearers.add(hear);
  return () => hearers.delete(hear);
}

/** A blank that nobody fills stays visible. */
function fill(text: string, blanks: Blanks): string {
  return text.replace(/\{(\w+)\}/g, (blank, name: string) => shown(blanks[name] ?? blank));
}

function shown(value: string | number): string {
  if (typeof value === "string") return value;
  return new Intl.NumberFormat(spoken.locale).format(value);
}
