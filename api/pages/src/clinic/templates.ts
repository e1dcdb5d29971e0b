/** A clinic's own words in letters and text messages, and what carries the latter. */

import type { Client } from "./client";
import type { Channel } from "./deliveries";

export const TEMPLATE_KINDS = ["invitation", "moved", "cancelled", "reminder"] as const;
export type TemplateKind = (typeof TEMPLATE_KINDS)[number];

export interface Template {
  readonly channel: Channel;
  readonly kind: TemplateKind;
  readonly language: string;
  readonly subject: string | null; // of letters
  readonly text: string;
  readonly isOwn: boolean; // not the program's
  readonly placeholders: readonly string[];
}

/** Where text messages are handed to; it is the same for the whole server. */
export interface Carrier {
  readonly provider: string | null; // null: this server sends none
  readonly sender: string | null;
  readonly statusUrl: string; // what its console has to know
  readonly inboundUrl: string;
}

export async function listTemplates(client: Client): Promise<readonly Template[]> {
  return (await client.ask<{ items: Template[] }>("GET", "/templates")).items;
}

/** `text` null: the program's own words again. */
export async function chooseWords(
  client: Client,
  { channel, kind, language }: Template,
  subject: string | null,
  text: string | null,
): Promise<Template> {
  const body = { channel, kind, language, subject, text };
  return client.ask<Template>("PUT", "/templates", { body });
}

export async function readCarrier(client: Client): Promise<Carrier> {
  return client.ask<Carrier>("GET", "/texts");
}

/** The id under which `/mail` tells what becomes of it. */
export async function sendTest(client: Client, phone: string): Promise<string> {
  return (await client.ask<{ mailId: string }>("POST", "/texts/test", { body: { phone } })).mailId;
}

/** As its reader sees it. What has no value stands as it is. */
export function preview(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (blank, name: string) => values[name] ?? blank);
}

const SEGMENT = { plain: [160, 153], wide: [70, 67] } as const; // characters: alone, of several
const PLAIN =
  /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
const TWO = /[\^{}\\[~\]|€]/g; // which count for two

/** How many text messages carriers make of one (3GPP TS 23.038): each is paid for. */
export function segments(text: string): number {
  const isPlain = PLAIN.test(text);
  const [alone, several] = SEGMENT[isPlain ? "plain" : "wide"];
  const length = isPlain ? text.length + (text.match(TWO)?.length ?? 0) : text.length;
  return length <= alone ? 1 : Math.ceil(length / several);
}
