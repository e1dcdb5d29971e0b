/** The days of a calendar: a list for each, beside each other where there is room. */

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { answerOf, type DayOfEntries, type Entry } from "../../clinic/entries";
import { namesOf } from "../../clinic/meetings";
import type { Who } from "../../clinic/people";
import { dayOf, showDay, showShortDay, showTimes } from "../../clinic/when";
import { t } from "../../texts/lookup";

export interface DayActions {
  readonly who: Who;
  readonly open: (entry: Entry) => void;
  readonly goTo: ((day: Date) => void) | undefined; // undefined: it is shown already
}

export function calendarDays(days: readonly DayOfEntries[], actions: DayActions): TemplateResult {
  return html`<div class="calendar ${days.length > 1 ? "calendar-week" : ""}" data-testid="calendar">
    ${days.map((one, n) => dayOfCalendar(one, `day-${n}`, actions))}
  </div>`;
}

function dayOfCalendar({ day, entries }: DayOfEntries, id: string, actions: DayActions): TemplateResult {
  const { goTo } = actions;
  const isToday = day.getTime() === dayOf(new Date()).from.getTime();
  return html`<section
    class="calendar-day"
    aria-labelledby=${id}
    aria-current=${isToday ? "date" : nothing}
    data-testid="calendar-day"
  >
    <h2 id=${id}>
      ${goTo === undefined ? showDay(day) : html`<button type="button" class="plain" @click=${() => goTo(day)}>${showShortDay(day)}</button>`}
    </h2>
    ${
      entries.length === 0
        ? html`<p class="hint">${t("calendar.nothing")}</p>`
        : html`<ul class="entries">
            ${repeat(
              entries,
              ({ key }) => key,
              (entry) => row(entry, actions),
            )}
          </ul>`
    }
  </section>`;
}

function row(entry: Entry, { open }: DayActions): TemplateResult {
  const { meeting, event } = entry;
  return html`<li>
    <button
      type="button"
      class="entry ${meeting === undefined ? "entry-busy" : ""}"
      data-testid="entry"
      data-kind=${meeting === undefined ? "busy" : "visit"}
      @click=${() => open(entry)}
    >
      <span class="entry-time">${showTimes(entry.startsAt, entry.endsAt)}</span>
      <span class="entry-name">${meeting === undefined ? t("event.busy") : namesOf(meeting)}</span>
      <span class="hint">${notesOf(entry)}</span>
      ${event?.recurrence ? html`<span class="hint">${t("event.again")}</span>` : nothing}
    </button>
  </li>`;
}

/** How it stands, and what has been answered. */
function notesOf({ meeting }: Entry): string {
  if (meeting === undefined) return "";
  const answer = answerOf(meeting);
  return [t(`status.${meeting.status}`), ...(answer === undefined ? [] : [t(`rsvp.${answer}`)])].join(" · ");
}
