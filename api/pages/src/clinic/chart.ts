/** A patient's chart: visits, what was agreed to in them, and files. */

import type { Client } from "./client";
import type { Receipt, Scope } from "./consent";
import { listAll } from "./house";
import type { Participant, Status } from "./meetings";
import { randomKey } from "./once";

export interface ChartPerson {
  readonly kind: Participant["kind"];
  readonly subjectId: string;
  readonly name: string | null;
  readonly joinedAt: string | null; // null: was not there
}

export interface ChartItem {
  readonly kind: string; // "file"
  readonly id: string;
}

export interface ChartMeeting {
  readonly id: string;
  readonly status: Status;
  readonly startsAt: string;
  readonly participants: readonly ChartPerson[];
  readonly receipts: readonly Receipt[];
  readonly items: readonly ChartItem[];
}

export interface PatientFile {
  readonly id: string;
  readonly patientId: string;
  readonly meetingId: string | null;
  readonly name: string;
  readonly mediaType: string;
  readonly size: number; // bytes
  readonly createdAt: string;
}

export interface Chart {
  readonly meetings: readonly ChartMeeting[];
  readonly files: readonly PatientFile[]; // the newest first
}

/** What the newest words of somebody come to. */
export interface Said {
  readonly name: string | null;
  readonly yes: readonly Scope[];
  readonly no: readonly Scope[];
}

// As api/rules/contents.py has them.
export const TYPES = ["image/jpeg", "image/png", "image/webp", "application/pdf"] as const;
export const LARGEST = 50 * 2 ** 20; // bytes

export async function readChart(client: Client, patientId: string): Promise<Chart> {
  const [meetings, files] = await Promise.all([
    listAll<ChartMeeting>(client, `/patients/${patientId}/chart`),
    listAll<PatientFile>(client, `/patients/${patientId}/files`),
  ]);
  return { meetings, files: files.reverse() };
}

/** Why the server would refuse it, before it is sent: a word, as in its problems. */
export function refusalOf({ size, type }: Pick<File, "size" | "type">): string | undefined {
  if (size > LARGEST) return "file_too_large";
  return type === "" || TYPES.some((one) => one === type) ? undefined : "wrong_type";
}

/** Sends it under its name. Raises `Problem`. */
export async function addFile(
  client: Client,
  patientId: string,
  file: File,
  meetingId: string | null,
): Promise<PatientFile> {
  const under = meetingId === null ? "" : `?meetingId=${meetingId}`;
  const path = `/patients/${patientId}/files`;
  const key = randomKey();
  const added = await client.ask<PatientFile>("POST", `${path}${under}`, { file, key });
  const name = nameOf(file.name);
  if (name === "") return added;
  // Addresses and headers are logged on their way: a name is a body's.
  return client.ask<PatientFile>("PATCH", `${path}/${added.id}`, { body: { name } });
}

/** What the server takes for a name. */
export function nameOf(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f]/g, " ").trim().slice(0, 200).trim();
}

export async function deleteFile(client: Client, { patientId, id }: PatientFile): Promise<void> {
  await client.ask("DELETE", `/patients/${patientId}/files/${id}`);
}

/** Where the browser gets it. */
export function contentPath({ patientId, id }: PatientFile): string {
  return `/patients/${patientId}/files/${id}/content`;
}

export function exportPath(patientId: string): string {
  return `/patients/${patientId}/chart/export`;
}

/** Of each who has said something, the newest word on each scope. */
export function saidIn({ participants, receipts }: ChartMeeting): readonly Said[] {
  const names = new Map(participants.map(({ subjectId, name }) => [subjectId, name]));
  const words = new Map<string, Map<Scope, boolean>>();
  for (const receipt of [...receipts].sort((one, other) => one.number - other.number)) {
    const own = words.get(receipt.subjectId) ?? new Map<Scope, boolean>();
    for (const scope of receipt.scopes) own.set(scope, receipt.given);
    words.set(receipt.subjectId, own);
  }
  return [...words].map(([id, own]) => {
    const those = (given: boolean): Scope[] =>
      [...own].filter(([, is]) => is === given).map(([scope]) => scope);
    return { name: names.get(id) ?? null, yes: those(true), no: those(false) };
  });
}

export function wereThere({ participants }: ChartMeeting): readonly string[] {
  return participants.filter(({ joinedAt }) => joinedAt !== null).map(({ name }) => name ?? "");
}

/** "1.2 MB", as the language has it. */
export function showSize(bytes: number, locale: string): string {
  const isLarge = bytes >= 1_000_000;
  const unit = isLarge ? "megabyte" : "kilobyte";
  const value = isLarge ? bytes / 1_000_000 : Math.max(1, Math.round(bytes / 1000));
  const style = { style: "unit", unit, maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale, style).format(value);
}
