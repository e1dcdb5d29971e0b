/** Calendars of staff: events and series, hours, and when somebody is free. */

import type { Client } from "./client";
import type { Provider } from "./conferencing";
import { listAll } from "./house";
import { OVER, type Status } from "./meetings";
import type { Span } from "./when";
import { daysAfter, daysBetween, wallIn } from "./zones";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

export const FREQUENCIES = ["daily", "weekly", "monthly"] as const;
export type Frequency = (typeof FREQUENCIES)[number];

export const MOST = 53; // times of one series, as api/rules/recurrence.py has it

/** It ends after `count` times or with the day `until` (YYYY-MM-DD): one of them. */
export interface Recurrence {
  readonly frequency: Frequency;
  readonly interval: number;
  readonly days: readonly Day[]; // of each week
  readonly count: number | null;
  readonly until: string | null;
}

export interface Occurrence {
  readonly original: string; // by which it is named, wherever it was moved to
  readonly startsAt: string;
  readonly duration: number; // minutes
  readonly meetingId: string | null; // none of a busy time
  readonly status: Status | null;
}

export type EventKind = "visit" | "busy";

export interface CalendarEvent {
  readonly id: string;
  readonly kind: EventKind;
  readonly status: "confirmed" | "cancelled";
  readonly staffId: string;
  readonly timeZone: string;
  readonly duration: number; // minutes
  readonly recurrence: Recurrence | null;
  readonly occurrences: readonly Occurrence[];
  readonly version: number;
}

export interface NewEvent {
  readonly kind: EventKind;
  readonly date: string; // on the wall of `timeZone`
  readonly time: string;
  readonly timeZone: string;
  readonly duration: number;
  readonly staffId: string;
  readonly patientId?: string;
  readonly conferencing?: Provider | "auto";
  readonly recurrence?: Recurrence;
  readonly overlapping: boolean; // even where there is something already
  readonly invite: boolean; // all who can be written to
}

/** `date` and `time`: on the wall of the event's zone. */
export interface NewTime {
  readonly date: string;
  readonly time: string;
  readonly duration: number;
  readonly overlapping: boolean;
}

export interface Hours {
  readonly day: Day;
  readonly begins: string; // HH:MM
  readonly ends: string;
}

export interface Week {
  readonly timeZone: string; // of the clock that hours are by
  readonly hours: readonly Hours[];
}

/** Those that have a time within; `staffId` undefined: in everybody's calendar. */
export async function listEvents(
  client: Client,
  { from, to }: Span,
  staffId?: string,
): Promise<CalendarEvent[]> {
  const query = new URLSearchParams({
    from: from.toISOString(),
    until: to.toISOString(),
    ...(staffId !== undefined && { staff: staffId }),
  });
  return listAll<CalendarEvent>(client, `/calendar/events?${query}`);
}

/** `key`: the same for each time that one and the same event is asked for. */
export async function makeEvent(client: Client, wanted: NewEvent, key: string): Promise<CalendarEvent> {
  return client.ask<CalendarEvent>("POST", "/calendar/events", { body: wanted, key });
}

/** The one time `original`, or all that are still to come. */
export async function moveEvent(
  client: Client,
  event: CalendarEvent,
  original: string | undefined,
  to: NewTime,
): Promise<CalendarEvent> {
  return client.ask("PATCH", pathOf(event, original), { body: to, seen: event.version });
}

export async function cancelEvent(
  client: Client,
  event: CalendarEvent,
  original: string | undefined,
): Promise<CalendarEvent> {
  return client.ask("DELETE", pathOf(event, original), { seen: event.version });
}

function pathOf({ id }: CalendarEvent, original: string | undefined): string {
  const which = original === undefined ? "" : `?${new URLSearchParams({ occurrence: original })}`;
  return `/calendar/events/${id}${which}`;
}

/** The day that all of a series has to be moved to for `seen` to come to `date`: the server moves the
 * first that is still to come, and all others by as many days. */
export function firstDayFor(event: CalendarEvent, seen: Occurrence, date: string): string {
  const first = event.occurrences.find(({ status }) => {
    return status === null || (!OVER.has(status) && status !== "live");
  });
  const dayIn = (iso: string): string => wallIn(event.timeZone, new Date(iso)).date;
  const days = daysBetween(dayIn(seen.startsAt), date);
  return daysAfter(dayIn((first ?? seen).original), days);
}

export async function readHours(client: Client, staffId: string): Promise<Week> {
  return client.ask<Week>("GET", `/staff/${staffId}/hours`);
}

export async function writeHours(client: Client, staffId: string, week: Week): Promise<Week> {
  return client.ask<Week>("PUT", `/staff/${staffId}/hours`, { body: week });
}

/** Where a visit of that length can begin, in ISO 8601. */
export async function listSlots(
  client: Client,
  staffId: string,
  { from, to }: Span,
  duration: number,
): Promise<readonly string[]> {
  const times = { from: from.toISOString(), until: to.toISOString() };
  const query = new URLSearchParams({ ...times, duration: String(duration) });
  const path = `/staff/${staffId}/slots?${query}`;
  const { items } = await client.ask<{ items: readonly { startsAt: string }[] }>("GET", path);
  return items.map(({ startsAt }) => startsAt);
}
