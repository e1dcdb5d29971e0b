/** Meetings, as the clinic's API tells of them, and what can be done to them. */

import type { Asked, Client } from "./client";
import type { Conference, Provider } from "./conferencing";
import type { InvitedGuest, Listed } from "./people";
import type { Span } from "./when";

export type Status = "scheduled" | "open" | "lobby" | "live" | "ended" | "cancelled" | "no_show";

export type Part =
  | "clinician"
  | "assistant"
  | "patient"
  | "interpreter"
  | "family"
  | "specialist"
  | "observer";

export type Rsvp = "needs_action" | "accepted" | "declined" | "tentative" | "reschedule";

export type AdmissionState =
  | "invited"
  | "waiting"
  | "admitted"
  | "denied"
  | "put_back"
  | "away"
  | "left";

export interface Participant {
  readonly id: string;
  readonly kind: "staff" | "patient" | "guest" | "hq";
  readonly subjectId: string; // of staff, patient or guest
  readonly role: Part;
  readonly name: string | null;
  readonly rsvp: Rsvp;
  readonly admission: AdmissionState;
  readonly waitingSince: string | null;
  readonly present: boolean; // is in the room now
}

export interface Meeting {
  readonly id: string;
  readonly status: Status;
  readonly startsAt: string;
  readonly opensAt: string; // from when on people may come
  readonly duration: number; // minutes
  readonly patientId: string | null;
  readonly locked: boolean; // nobody new comes in
  readonly provider: Provider; // where it takes place
  readonly joinUrl: string | null; // null: the provider has given none yet
  readonly conference: Conference;
  readonly participants: readonly Participant[];
  readonly version: number;
}

export interface Times {
  readonly startsAt: string; // ISO 8601
  readonly duration: number; // minutes
}

export const STAFF_PARTS = [
  "clinician",
  "assistant",
  "interpreter",
  "specialist",
  "observer",
] as const satisfies readonly Part[];

export const GUEST_KINDS = ["family", "interpreter", "specialist"] as const;
export type GuestKind = (typeof GUEST_KINDS)[number];

const GUEST_MINUTES = 30; // that a guest's link is good for: the longest there is
export const OVER: ReadonlySet<Status> = new Set(["ended", "cancelled", "no_show"]);
const PAGE = 200; // meetings that one request brings

export function isOver({ status }: Meeting): boolean {
  return OVER.has(status);
}

/** When it is to end, in ISO 8601. */
export function endOf({ startsAt, duration }: Times): string {
  return new Date(Date.parse(startsAt) + duration * 60_000).toISOString();
}

/** Whoever lets others in and comes in unasked. */
export function isHost({ kind, role }: Pick<Participant, "kind" | "role">): boolean {
  return kind === "staff" && (role === "clinician" || role === "assistant");
}

/** Somebody's own part in it, by the id that the clinic knows them by. */
export function partOf({ participants }: Meeting, subjectId: string): Participant | undefined {
  return participants.find((one) => one.subjectId === subjectId);
}

export function patientOf({ participants }: Meeting): Participant | undefined {
  return participants.find(({ kind }) => kind === "patient");
}

/** Those who are not of the clinic, or else those who are. */
export function namesOf({ participants }: Meeting): string {
  const strangers = participants.filter(({ kind }) => kind !== "staff");
  const shown = strangers.length > 0 ? strangers : participants;
  return shown.map(({ name }) => name ?? "").join(", ");
}

/** Whole minutes, and none for a moment that has not come. `now` in ms. */
export function minutesSince(iso: string | null, now: number): number {
  return iso === null ? 0 : Math.max(0, Math.floor((now - new Date(iso).getTime()) / 60_000));
}

/** Those that begin within a span, by their times: for staff all that they may see. */
export async function listMeetings(
  client: Client,
  { from, to }: Span,
  how: Asked = {},
): Promise<Meeting[]> {
  const meetings: Meeting[] = [];
  const times = new URLSearchParams({ from: from.toISOString(), until: to.toISOString() });
  for (let after: string | null = ""; after !== null; ) {
    const more: string = after === "" ? "" : `&after=${after}`;
    const path = `/meetings?${times}&limit=${PAGE}${more}`;
    const page: Listed<Meeting> = await client.ask("GET", path, how);
    meetings.push(...page.items);
    after = page.next;
  }
  return meetings;
}

export async function readMeeting(client: Client, id: string): Promise<Meeting> {
  return client.ask<Meeting>("GET", `/meetings/${id}`);
}

/** As the last time, where nothing has changed; keeps nobody signed in. */
export async function watchMeeting(client: Client, { id, startsAt }: Meeting): Promise<Meeting> {
  const from = new Date(startsAt);
  const span = { from, to: new Date(from.getTime() + 1000) };
  const found = await listMeetings(client, span, { again: true, unattended: true });
  return found.find((meeting) => meeting.id === id) ?? (await readMeeting(client, id)); // moved
}

/** `key`: the same for each time that one and the same meeting is asked for. */
export async function makeMeeting(
  client: Client,
  patientId: string,
  times: Times,
  key: string,
  conferencing: Provider | "auto" = "auto",
): Promise<Meeting> {
  const body = { patientId, ...times, conferencing };
  return client.ask<Meeting>("POST", "/meetings", { body, key });
}

export async function moveMeeting(
  client: Client,
  { id, version }: Meeting,
  times: Partial<Times>,
): Promise<Meeting> {
  return client.ask<Meeting>("PATCH", `/meetings/${id}`, { body: times, seen: version });
}

/** Nobody new comes in, or people do again. */
export async function lockMeeting(
  client: Client,
  { id, version }: Meeting,
  locked: boolean,
): Promise<Meeting> {
  return client.ask<Meeting>("PATCH", `/meetings/${id}`, { body: { locked }, seen: version });
}

/** Who was invited hears of it by mail, where the clinic has an address. */
export async function addColleague(
  client: Client,
  { id }: Meeting,
  staffId: string,
  role: Part,
): Promise<Meeting> {
  const addParticipants = [{ kind: "staff", id: staffId, role }];
  return client.ask<Meeting>("PATCH", `/meetings/${id}`, { body: { addParticipants } });
}

export async function removePerson(
  client: Client,
  { id }: Meeting,
  participantId: string,
): Promise<Meeting> {
  const removeParticipants = [participantId];
  return client.ask<Meeting>("PATCH", `/meetings/${id}`, { body: { removeParticipants } });
}

/** Ends one that goes on, for all who are in it; calls off one that does not. */
export async function endMeeting(client: Client, { id }: Meeting): Promise<Meeting> {
  return client.ask<Meeting>("DELETE", `/meetings/${id}`);
}

/** Makes a guest, and a part in the meeting for them. */
export async function addGuest(
  client: Client,
  { id, patientId }: Meeting,
  name: string,
  kind: GuestKind,
): Promise<InvitedGuest> {
  const guest = { kind, name, patientId, minutes: GUEST_MINUTES };
  const invited = await client.ask<InvitedGuest>("POST", "/guests", { body: guest });
  const addParticipants = [{ kind: "guest", id: invited.guest.id, role: kind }];
  await client.ask("PATCH", `/meetings/${id}`, { body: { addParticipants } });
  return invited;
}

/** A letter with a link to come in, and one to answer by. */
export async function inviteByMail(
  client: Client,
  { id }: Meeting,
  participantId: string,
): Promise<void> {
  const body = { participants: [{ participantId }] };
  await client.ask("POST", `/meetings/${id}/invite`, { body });
}
