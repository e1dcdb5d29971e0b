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

export const CARRIERS = ["twilio", "vonage", "webhook"] as const;
export type CarrierKind = (typeof CARRIERS)[number];

/** Where text messages are handed to. */
export interface Carrier {
  readonly provider: string | null; // null: none are sent
  readonly sender: string | null;
  readonly own: boolean; // the clinic's, not the server's
  readonly account: string | null; // of one's own
  readonly url: string | null; // of one's own
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

/** What the server is told of one's own, and shows nobody again. */
export interface CarrierDetails {
  readonly provider: CarrierKind;
  readonly sender: string;
  readonly secret: string;
  readonly account: string | null;
  readonly privateKey: string | null;
  readonly url: string | null;
}

export async function enterCarrier(client: Client, body: CarrierDetails): Promise<Carrier> {
  return client.ask<Carrier>("PUT", "/texts/carrier", { body });
}

/** From now on the server's is used again, if it has one. */
export async function forgetCarrier(client: Client): Promise<Carrier> {
  await client.ask("DELETE", "/texts/carrier");
  return readCarrier(client);
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
