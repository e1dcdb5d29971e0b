/** The texts that people agree to being recorded by: versions, each in some languages. */

import { LANGUAGES } from "../texts/languages";
import type { Client } from "./client";
import { readPolicy, type Policy } from "./consent";
import { listAll } from "./house";

export interface Published extends Policy {
  readonly publishedAt: string | null; // null: the program's own, as long as the clinic has none
}

export interface Version {
  readonly version: number;
  readonly publishedAt: string | null;
  readonly texts: readonly Published[]; // one for each language
}

export const LONGEST = 20_000; // characters, as api/rest/v1/consentshapes.py has them

/** The newest first: it is in force. */
export async function listVersions(client: Client): Promise<Version[]> {
  const texts = await listAll<Published>(client, "/consent/policies");
  if (texts.length > 0) return versionsOf(texts);
  const own = Object.keys(LANGUAGES).map((language) => readPolicy(client, language));
  return versionsOf((await Promise.all(own)).map((text) => ({ publishedAt: null, ...text })));
}

export function versionsOf(texts: readonly Published[]): Version[] {
  const numbers = [...new Set(texts.map(({ version }) => version))].sort((a, b) => b - a);
  return numbers.map((version) => {
    const own = texts.filter((text) => text.version === version);
    return { version, publishedAt: own[0]?.publishedAt ?? null, texts: own };
  });
}

/** What a new version is written in: the languages in force, and those of these pages. */
export function languagesFor(inForce: Version | undefined): string[] {
  const now = inForce?.texts.map(({ language }) => language) ?? [];
  return [...new Set([...now, ...Object.keys(LANGUAGES)])];
}

export interface Text {
  readonly language: string;
  readonly text: string;
}

/** What of a form is to be published: a language without a text is left out. */
export function textsIn(entered: Readonly<Record<string, string>>): Text[] {
  return Object.entries(entered)
    .map(([language, text]) => ({ language, text: text.replaceAll("\r\n", "\n").trim() }))
    .filter(({ text }) => text !== "");
}

/** Raises `Problem`. */
export async function publish(client: Client, texts: readonly Text[]): Promise<void> {
  await client.ask("POST", "/consent/policies", { body: { texts } });
}

/** As people get to see it: an empty line divides paragraphs. */
export function paragraphsOf(text: string): string[] {
  return text.split(/\n\s*\n/).filter((one) => one.trim() !== "");
}
