/** What stands in a calendar on each day: visits, of events or not, and times at which nobody meets. */

import type { CalendarEvent, Occurrence } from "./calendar";
import { endOf, type Meeting, type Participant, type Rsvp } from "./meetings";
import { dayOf, type Span } from "./when";

/** One time. What was made in no calendar has no event, a busy time no meeting. */
export interface Entry {
  readonly key: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly meeting: Meeting | undefined;
  readonly event: CalendarEvent | undefined;
  readonly occurrence: Occurrence | undefined; // of the event
}

export interface DayOfEntries {
  readonly day: Date; // its midnight here
  readonly entries: readonly Entry[];
}

/** The days of a calendar's page: one, or the week around it. `firstDay`: 1 is Monday, 7 Sunday. */
export function spanOf(view: "day" | "week", day: Date, firstDay: number): Span {
  if (view === "day") return dayOf(day);
  const past = (day.getDay() - firstDay + 7) % 7;
  return { from: dayOf(day, -past).from, to: dayOf(day, 7 - past).from };
}

/** By the day on which they begin here, in their order; `staffId` undefined: everybody's. */
export function entriesByDay(
  { from, to }: Span,
  events: readonly CalendarEvent[],
  meetings: readonly Meeting[],
  staffId?: string,
): readonly DayOfEntries[] {
  const entries = [...visits(events, meetings, staffId), ...busyTimes(events)];
  entries.sort((one, other) => Date.parse(one.startsAt) - Date.parse(other.startsAt));
  const days: DayOfEntries[] = [];
  for (let day = from; day < to; day = dayOf(day, 1).from) {
    const next = dayOf(day, 1).from;
    const isOn = ({ startsAt }: Entry): boolean => {
      return Date.parse(startsAt) >= day.getTime() && Date.parse(startsAt) < next.getTime();
    };
    days.push({ day, entries: entries.filter(isOn) });
  }
  return days;
}

function visits(
  events: readonly CalendarEvent[],
  meetings: readonly Meeting[],
  staffId: string | undefined,
): Entry[] {
  const known = new Map(
    events.flatMap((event) =>
      event.occurrences.map((occurrence) => [occurrence.meetingId, { event, occurrence }] as const),
    ),
  );
  const shown = meetings.filter(({ status, participants }) => {
    const takesPart = participants.some(({ kind, subjectId }) => kind === "staff" && subjectId === staffId);
    return status !== "cancelled" && (staffId === undefined || takesPart);
  });
  return shown.map((meeting) => ({
    key: meeting.id,
    startsAt: meeting.startsAt,
    endsAt: endOf(meeting),
    meeting,
    event: known.get(meeting.id)?.event,
    occurrence: known.get(meeting.id)?.occurrence,
  }));
}

function busyTimes(events: readonly CalendarEvent[]): Entry[] {
  const busy = events.filter(({ kind, status }) => kind === "busy" && status === "confirmed");
  return busy.flatMap((event) =>
    event.occurrences.map((occurrence) => ({
      key: `${event.id} ${occurrence.original}`,
      startsAt: occurrence.startsAt,
      endsAt: endOf(occurrence),
      meeting: undefined,
      event,
      occurrence,
    })),
  );
}

const URGENT: readonly Rsvp[] = ["reschedule", "declined", "tentative", "accepted"];

/** What a host has to know first of the answers of those who do not work here. */
export function answerOf({ participants }: { readonly participants: readonly Participant[] }): Rsvp | undefined {
  const said = new Set(participants.filter(({ kind }) => kind !== "staff").map(({ rsvp }) => rsvp));
  return URGENT.find((answer) => said.has(answer));
}
