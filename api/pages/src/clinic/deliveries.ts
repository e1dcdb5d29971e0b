/** What became of invitations and reminders, and who may be sent text messages. */

import type { Client } from "./client";
import { listAll } from "./house";
import type { Meeting, Rsvp } from "./meetings";

export type Channel = "mail" | "sms";

export const DELIVERY_STATES = [
  "waiting",
  "sending",
  "sent",
  "delivered",
  "refused",
  "bounced",
  "unknown",
  "expired",
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** The newest to one who was invited. */
export interface Invitation {
  readonly participantId: string;
  readonly channel: Channel | null;
  readonly state: DeliveryState | null;
  readonly reason: string | null; // a word or a code
  readonly sentAt: string | null;
  readonly rsvp: Rsvp;
}

/** A letter or a text message on its way. */
export interface Delivery {
  readonly id: string;
  readonly channel: Channel;
  readonly kind: string;
  readonly subjectId: string; // of staff, patient or guest
  readonly state: DeliveryState;
  readonly reason: string | null;
  readonly createdAt: string;
}

export type Method = "click" | "voice" | "signature" | "reply";

export interface TextReceipt {
  readonly given: boolean;
  readonly phone: string;
  readonly method: Method;
  readonly at: string;
}

export interface Texting {
  readonly offered: boolean; // this server sends text messages
  readonly number: string | null; // where text messages would go
  readonly mayBeTexted: boolean;
  readonly receipts: readonly TextReceipt[]; // the newest first
}

export async function readInvitations(client: Client, { id }: Meeting): Promise<readonly Invitation[]> {
  return (await client.ask<{ items: Invitation[] }>("GET", `/meetings/${id}/invitations`)).items;
}

/** Of one visit, the newest first. */
export async function listReminders(client: Client, { id }: Meeting): Promise<readonly Delivery[]> {
  const all = await listAll<Delivery>(client, `/mail?meeting=${id}`);
  return all.filter(({ kind }) => kind === "reminder").reverse();
}

/** A letter with a link to come in and one to answer by, or a text message with a link. */
export async function invite(
  client: Client,
  { id }: Meeting,
  participantId: string,
  channel: Channel,
): Promise<void> {
  const body = { channel, participants: [{ participantId }] };
  await client.ask("POST", `/meetings/${id}/invite`, { body });
}

export async function readTexting(client: Client, patientId: string): Promise<Texting> {
  return client.ask<Texting>("GET", `/patients/${patientId}/texting`);
}

/** A receipt that stays. */
export async function noteTexting(
  client: Client,
  patientId: string,
  given: boolean,
  method: Method,
): Promise<Texting> {
  const body = { given, method };
  return client.ask<Texting>("POST", `/patients/${patientId}/texting`, { body });
}

/** It is of interest to whoever has asked for it: it has not come, or nobody knows. */
export function isLost(state: DeliveryState | null): boolean {
  return state === "refused" || state === "bounced" || state === "unknown" || state === "expired";
}
