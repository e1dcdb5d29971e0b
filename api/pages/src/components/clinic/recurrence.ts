/** How a series comes again: in words, and as fields of a form. */

import { html, nothing, type TemplateResult } from "lit";

import { DAYS, FREQUENCIES, MOST, type Day, type Frequency, type Recurrence } from "../../clinic/calendar";
import { showDate } from "../../clinic/when";
import { locale, t, tCount, tList } from "../../texts/lookup";
import { checkbox, choice, field } from "../field";
import type { Entered } from "../form-view";

export function nameOfDay(day: Day, weekday: "long" | "short" = "long"): string {
  const monday = Date.UTC(2024, 0, 1); // one of them
  const format = new Intl.DateTimeFormat(locale(), { weekday, timeZone: "UTC" });
  return format.format(new Date(monday + DAYS.indexOf(day) * 86_400_000));
}

/** "Every 2 weeks · Monday and Thursday · 6 times". */
export function showRecurrence({ frequency, interval, days, count, until }: Recurrence): string {
  return [
    interval === 1
      ? t(`recur.${frequency}Each`)
      : t(`recur.${frequency}Every`, { count: interval }),
    ...(days.length === 0 ? [] : [tList(days.map((day) => nameOfDay(day)))]),
    ...(count === null ? [] : [tCount("recur.times", count)]),
    ...(until === null ? [] : [t("recur.untilDay", { date: showDate(until) })]),
  ].join(" · ");
}

/** `chosen`: how often; its other fields are shown where it comes again at all. */
export function recurrenceFields(
  chosen: Frequency | undefined,
  wrong: Entered,
  choose: (frequency: Frequency | undefined) => void,
): TemplateResult {
  const often = [
    { value: "", label: t("recur.once") },
    ...FREQUENCIES.map((value) => ({ value, label: t(`recur.${value}`) })),
  ];
  const change = ({ target }: Event): void => {
    const { value } = target as HTMLSelectElement;
    choose(FREQUENCIES.find((one) => one === value));
  };
  return html`<div @change=${change}>
      ${choice({ name: "frequency", label: t("recur.label"), value: chosen ?? "" }, often)}
    </div>
    ${chosen === undefined ? nothing : details(chosen, wrong)}`;
}

function details(chosen: Frequency, wrong: Entered): TemplateResult {
  return html`<div class="side-by-side">
      ${field({ name: "interval", label: t(`recur.${chosen}Interval`), type: "number", value: "1", min: "1", max: "12", required: true, wrong: wrong.interval })}
      ${field({ name: "count", label: t("recur.count"), type: "number", value: "6", min: "1", max: String(MOST), wrong: wrong.count })}
      ${field({ name: "until", label: t("recur.until"), type: "date", hint: t("recur.untilHint"), wrong: wrong.until })}
    </div>
    ${chosen === "weekly" ? weekdays() : nothing}`;
}

function weekdays(): TemplateResult {
  return html`<fieldset class="group">
    <legend>${t("recur.days")}</legend>
    <p class="hint">${t("recur.daysHint")}</p>
    <div class="side-by-side">
      ${DAYS.map((day) => checkbox({ name: `on-${day}`, label: nameOfDay(day) }, false))}
    </div>
  </fieldset>`;
}

/** Undefined: it does not come again. A day to end with counts for more than a number. */
export function recurrenceOf(entered: Entered): Recurrence | undefined {
  const frequency = FREQUENCIES.find((one) => one === entered.frequency);
  if (frequency === undefined) return undefined;
  const until = entered.until ? entered.until : null;
  return {
    frequency,
    interval: Number(entered.interval ?? 1),
    days: frequency === "weekly" ? DAYS.filter((day) => entered[`on-${day}`] === "on") : [],
    count: until === null ? Number(entered.count || 1) : null,
    until,
  };
}
