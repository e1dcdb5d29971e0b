/** English that nobody reads: a third longer, with accents, from right to left. What is cut off in
 * it, stands on the wrong side, or is not in a catalogue at all, is seen. */

import type { Catalogue, Plural } from "./catalogue";

const PAIRS = "aà bƀ cç dđ eé fƒ gğ hĥ iî jĵ kķ lļ mɱ nñ oö pþ rř sš tţ uû vṽ wŵ yý zž";
const ACCENTED = new Map(PAIRS.split(" ").map((pair) => [pair.charAt(0), pair.charAt(1)]));
const LONGER = 0.35; // more than English: what German or Finnish need of short texts
const [FROM_RIGHT, AS_BEFORE] = ["\u202e", "\u202c"]; // Unicode's marks

export function pseudo(catalogue: Catalogue): Catalogue {
  const entries = Object.entries<string | Plural>(catalogue).map(([key, text]) => [key, said(text)]);
  return Object.fromEntries(entries) as Catalogue;
}

function said(text: string | Plural): string | Plural {
  if (typeof text === "string") return inPseudo(text);
  const forms = Object.entries(text).map(([form, one]) => [form, inPseudo(one)]);
  return Object.fromEntries(forms) as unknown as Plural;
}

export function inPseudo(text: string): string {
  const more = "~".repeat(Math.ceil(text.length * LONGER));
  // With a place to break, as words have, but no letters: what is longer is seen to be so.
  return `${text.replace(/\{\w+\}|[^{}\s]+/g, word)} ${more.replace(/~{8}/g, "~~~~~~~ ").trim()}`;
}

function word(piece: string): string {
  if (piece.startsWith("{")) return piece;
  const letters = [...piece].map((letter) => ACCENTED.get(letter) ?? letter).join("");
  return `${FROM_RIGHT}${letters}${AS_BEFORE}`;
}
