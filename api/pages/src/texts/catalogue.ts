/** What a language has to have: the keys of English, each with a text, or with one for each number. */

import type { en } from "./en";

type English = typeof en;

/** By the word that Intl.PluralRules has for a number; `other` is for those that are not there. */
export type Plural = { readonly other: string } & {
  readonly [Form in Intl.LDMLPluralRule]?: string;
};

/** A part of a catalogue in another language. A key that is missing is an error of types. */
export type Like<Part> = {
  readonly [Key in keyof Part]: Part[Key] extends string ? string : Plural;
};
export type Catalogue = Like<English>;

export type CountedKey = {
  [Key in keyof English]: English[Key] extends string ? never : Key;
}[keyof English];
export type TextKey = Exclude<keyof English, CountedKey>;

type In<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | In<Rest> : never;
/** The blanks of a text, or of any of several. */
export type BlankOf<Key extends TextKey> = In<English[Key]>;
export type Blanks<Name extends string = string> = Readonly<Record<Name, string | number>>;
/** Texts that nothing is put into. */
export type PlainKey = { [Key in TextKey]: [BlankOf<Key>] extends [never] ? Key : never }[TextKey];
