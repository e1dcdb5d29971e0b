/** An HQ: whom it serves, who waits there, and taking somebody. */

import { socketAddress, type Admission } from "../admission";
import type { Client } from "./client";
import { Problem } from "./problem";

export const PRIORITIES = ["routine", "soon", "urgent"] as const;
export type Priority = (typeof PRIORITIES)[number];
export type AgreementState = "offered" | "agreed" | "ended";
export type Side = "served-by" | "members";

export interface Agreement {
  readonly id: string;
  readonly workspaceId: string; // the other one's
  readonly workspace: string; // its name on this server
  readonly title: string;
  readonly state: AgreementState;
  readonly changedAt: string;
}

/** Somebody who waits: nobody's name. */
export interface HqWaiter {
  readonly workspaceId: string;
  readonly title: string; // of the workspace
  readonly meetingId: string;
  readonly since: string;
  readonly priority: Priority;
  readonly language: string | null; // BCP 47
  readonly skill: string | null;
  readonly speaks: boolean; // whoever looks, their language
  readonly fits: boolean; // whoever looks has the skill
  readonly present: boolean; // their page is open
  readonly devices: { readonly camera: boolean; readonly microphone: boolean } | null;
  readonly consent: boolean; // they have answered
}

export interface Place {
  readonly workspaceId: string;
  readonly title: string;
  readonly meetingId: string;
}

export interface HqQueue {
  readonly items: readonly HqWaiter[]; // the next one first
  readonly taken: readonly Place[]; // by whoever looks, and not over
}

interface Ticket {
  readonly url: string | null; // null: the page's own host
  readonly token: string;
  readonly workspaceId: string;
  readonly meetingId: string;
}

/** How urgent a visit is, and what whoever takes it should know. */
export interface Triage {
  readonly priority: Priority;
  readonly skill: string | null;
}

/** What somebody who works here can do. */
export interface Profile {
  readonly staffId: string;
  readonly name: string | null;
  readonly languages: readonly string[]; // BCP 47
  readonly skills: readonly string[];
}

export async function sayTriage(client: Client, meetingId: string, body: Triage): Promise<Triage> {
  return client.ask<Triage>("PUT", `/meetings/${meetingId}/triage`, { body });
}

/** By whose they are; none where the plan has no queue for several clinics. */
export async function readProfiles(client: Client): Promise<ReadonlyMap<string, Profile>> {
  try {
    const { items } = await client.ask<{ items: Profile[] }>("GET", "/hq/staff");
    return new Map(items.map((profile) => [profile.staffId, profile]));
  } catch (error) {
    if (error instanceof Problem && error.kind === "plan_required") return new Map();
    throw error;
  }
}

export async function describe(
  client: Client,
  staffId: string,
  languages: readonly string[],
  skills: readonly string[],
): Promise<Profile> {
  return client.ask<Profile>("PUT", `/hq/staff/${staffId}`, { body: { languages, skills } });
}

/** What commas part, once each. */
export function parted(text: string): readonly string[] {
  const parts = text.split(/[,;\n]/).map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ""))];
}

export async function listAgreements(client: Client, side: Side): Promise<readonly Agreement[]> {
  const how = { unattended: true };
  return (await client.ask<{ items: Agreement[] }>("GET", `/hq/${side}`, how)).items;
}

/** Whether this workspace is the HQ of any other; false where the plan has none. */
export async function servesAny(client: Client): Promise<boolean> {
  try {
    return (await listAgreements(client, "members")).some(({ state }) => state === "agreed");
  } catch {
    return false;
  }
}

/** Keeps nobody signed in. */
export async function readQueue(client: Client): Promise<HqQueue> {
  return client.ask<HqQueue>("GET", "/hq/queue", { unattended: true });
}

/** Whoever is next. Raises `Problem`, of the kind `nobody_waits`. */
export async function takeNext(client: Client): Promise<Place> {
  const { workspaceId, meetingId } = await client.ask<Ticket>("POST", "/hq/queue/next");
  return { workspaceId, meetingId, title: "" };
}

/** Take somebody, or come in again. `page` is the address of this page. */
export async function take(client: Client, place: Place, page: string): Promise<Admission> {
  const { token, url } = await client.ask<Ticket>("POST", pathOf(place));
  return { token, url: socketAddress(url ?? "", page) };
}

export async function putBack(client: Client, place: Place): Promise<void> {
  await client.ask("POST", `${pathOf(place)}/put-back`);
}

export async function admitOthers(client: Client, place: Place): Promise<void> {
  await client.ask("POST", `${pathOf(place)}/admit`);
}

export async function endVisit(client: Client, place: Place): Promise<void> {
  await client.ask("DELETE", pathOf(place));
}

function pathOf({ workspaceId, meetingId }: Place): string {
  return `/hq/visits/${workspaceId}/${meetingId}`;
}

export type Readiness = "ready" | "away" | "noDevices" | "noConsent";

/** What is missing until the call can begin: the first thing counts. What is not known is none. */
export function readinessOf({ present, devices, consent }: HqWaiter): Readiness {
  if (!present) return "away";
  if (devices !== null && !devices.microphone) return "noDevices";
  return consent ? "ready" : "noConsent";
}
