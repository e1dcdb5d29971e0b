/** Look a text up by its key and fill in its blanks. Another language is another table. */

import { en } from "./en";

export type TextKey = keyof typeof en;
export type Blanks = Readonly<Record<string, string | number>>;

const texts: Readonly<Record<TextKey, string>> = en;

/** `t("people.joined", { name: "Anna" })`; a blank that nobody fills stays visible. */
export function t(key: TextKey, blanks: Blanks = {}): string {
  return texts[key].replace(/\{(\w+)\}/g, (blank, name: string) => String(blanks[name] ?? blank));
}

type Counted<Key> = Key extends `${infer Stem}.one` ? Stem : never;
const plurals = new Intl.PluralRules("en");

/** Chooses between `stem.one` and `stem.other` and fills in `{count}`. */
export function tCount(stem: Counted<TextKey>, count: number): string {
  const form = plurals.select(count) === "one" ? "one" : "other";
  return t(`${stem}.${form}` as TextKey, { count });
}
