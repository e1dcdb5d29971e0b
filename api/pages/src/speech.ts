/** In which language the page speaks: what somebody chose here, else what the clinic knows of them,
 * else the browser's. */

import { readLanguage, writeLanguage } from "./preferences";
import { chooseLanguage, directionOf, FALLBACK, LOADERS, localeFor, type Code } from "./texts/languages";
import { language, onLanguage, speak } from "./texts/lookup";

let recorded: string | null = null; // a patient's, as the clinic has it
let title: () => string = () => "";

onLanguage(() => (document.title = title()));

/** Resolves when it is spoken. Without network English is. */
export async function beginToSpeak(): Promise<void> {
  const chosen = readLanguage(localStorage);
  await change(chooseLanguage([chosen, recorded, ...navigator.languages]));
}

/** What somebody chose in the menu: kept in this browser. */
export async function chooseToSpeak(code: Code): Promise<void> {
  writeLanguage(localStorage, code);
  await change(code);
}

/** The language that a patient's record names, a BCP 47 tag. */
export async function speakAsRecorded(tag: string | null): Promise<void> {
  recorded = tag;
  await beginToSpeak();
}

/** Of the document, and again in each language that comes. */
export function setTitle(make: () => string): void {
  title = make;
  document.title = make();
}

async function change(wanted: Code): Promise<void> {
  if (wanted === language() && document.documentElement.dir !== "") return;
  const [code, texts] = await load(wanted);
  document.documentElement.lang = code;
  document.documentElement.dir = directionOf(code);
  speak({ code, locale: localeFor(code, navigator.languages), texts });
}

async function load(code: Code): Promise<readonly [Code, Awaited<ReturnType<(typeof LOADERS)[Code]>>]> {
  try {
    return [code, await LOADERS[code]()];
  } catch {
    return [FALLBACK, await LOADERS[FALLBACK]()]; // the chunk did not come
  }
}
