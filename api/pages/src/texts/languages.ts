/** Which languages there are, and which of them somebody reads. */

import type { Catalogue } from "./catalogue";
import { en } from "./en";

export const LANGUAGES = { en: "English", es: "Español", fr: "Français" } as const; // as they call themselves

/** For tests alone: long, with accents, from right to left (CLDR's name for that). */
export const PSEUDO = "ar-XB";

export type Listed = keyof typeof LANGUAGES;
export type Code = Listed | typeof PSEUDO;

export const FALLBACK: Code = "en";

/** English is at hand; all others are chunks of their own. */
export const LOADERS: Readonly<Record<Code, () => Promise<Catalogue>>> = {
  en: async () => en,
  es: async () => (await import("./es")).es,
  fr: async () => (await import("./fr")).fr,
  [PSEUDO]: async () => (await import("./pseudo")).pseudo(en),
};

/** The first that there is of those wanted, best first: BCP 47 tags as browsers and records hold. */
export function chooseLanguage(wanted: readonly (string | null)[]): Code {
  for (const tag of wanted) {
    if (tag === PSEUDO) return PSEUDO;
    const main = mainOf(tag ?? "");
    if (main in LANGUAGES) return main as Listed;
  }
  return FALLBACK;
}

/** For dates, times and numbers: as the reader's region writes them, where the browser names one. */
export function localeFor(code: Code, browser: readonly string[]): string {
  return browser.find((tag) => mainOf(tag) === code) ?? code;
}

export function directionOf(code: Code): "ltr" | "rtl" {
  return code === PSEUDO ? "rtl" : "ltr";
}

function mainOf(tag: string): string {
  return (tag.split("-")[0] ?? "").toLowerCase();
}
