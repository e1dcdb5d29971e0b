/** Days and times as the reader's own clock has them, in the language that is spoken. */

import { locale } from "../texts/lookup";

/** "14:30", or "2:30 PM" where people write that. */
export function showTime(iso: string, tag = locale()): string {
  return new Intl.DateTimeFormat(tag, { timeStyle: "short" }).format(new Date(iso));
}

export function showMoment(iso: string, tag = locale()): string {
  const style = { dateStyle: "medium", timeStyle: "short" } as const;
  return new Intl.DateTimeFormat(tag, style).format(new Date(iso));
}

export function showDay(day: Date, tag = locale()): string {
  return new Intl.DateTimeFormat(tag, { dateStyle: "full" }).format(day);
}

/** "14:30 – 15:00", as the language has it. */
export function showTimes(from: string, to: string, tag = locale()): string {
  const format = new Intl.DateTimeFormat(tag, { timeStyle: "short" });
  return format.formatRange(new Date(from), new Date(to));
}

/** "Mon, Mar 8". */
export function showShortDay(day: Date, tag = locale()): string {
  const style = { weekday: "short", month: "short", day: "numeric" } as const;
  return new Intl.DateTimeFormat(tag, style).format(day);
}

/** From one day to another, both within. */
export function showSpan(from: Date, to: Date, tag = locale()): string {
  return new Intl.DateTimeFormat(tag, { dateStyle: "long" }).formatRange(from, to);
}

/** A while in its largest unit: "2 minutes". */
export function showWait(seconds: number, tag = locale()): string {
  const [unit, count] =
    seconds < 120
      ? (["second", seconds] as const)
      : seconds < 7200
        ? (["minute", seconds / 60] as const)
        : (["hour", seconds / 3600] as const);
  const style = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(tag, style).format(Math.ceil(count));
}

/** 1: Monday, 7: Sunday; Monday where the browser does not know. */
export function firstDayOfWeek(tag = locale()): number {
  const known = new Intl.Locale(tag) as Intl.Locale & {
    readonly getWeekInfo?: () => { readonly firstDay: number };
    readonly weekInfo?: { readonly firstDay: number }; // as older browsers have it
  };
  return (known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1;
}

/** A date without time and zone, as of birth: YYYY-MM-DD. */
export function showDate(date: string, tag = locale()): string {
  const style = { dateStyle: "medium", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(tag, style).format(new Date(`${date}T00:00:00Z`));
}

/** A language by its name in the one that is spoken: "Spanish". */
export function showLanguage(tag: string, spoken = locale()): string {
  try {
    return new Intl.DisplayNames(spoken, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag; // anybody may have published one by the API
  }
}

export interface Span {
  readonly from: Date;
  readonly to: Date; // not within
}

/** From midnight to midnight here: 23 or 25 hours where clocks change. */
export function dayOf(moment: Date, later = 0): Span {
  const [year, month, date] = [moment.getFullYear(), moment.getMonth(), moment.getDate() + later];
  return { from: new Date(year, month, date), to: new Date(year, month, date + 1) };
}

/** What `<input type=date>` and `<input type=time>` hold for a moment. */
export function fieldsOf(moment: Date): { readonly date: string; readonly time: string } {
  const two = (number: number): string => String(number).padStart(2, "0");
  const date = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())];
  return { date: date.join("-"), time: `${two(moment.getHours())}:${two(moment.getMinutes())}` };
}

/** The moment that such fields name here. */
export function momentOf(date: string, time: string): Date {
  return new Date(`${date}T${time}`);
}

/** The next quarter of an hour: what a new visit begins at, unless somebody says otherwise. */
export function nextQuarter(now: Date): Date {
  const quarter = 15 * 60_000; // ms
  return new Date(Math.ceil(now.getTime() / quarter) * quarter);
}

/** Whole minutes before a visit begins that one can come. */
export function minutesBefore(visit: { readonly startsAt: string; readonly opensAt: string }): number {
  return Math.round((Date.parse(visit.startsAt) - Date.parse(visit.opensAt)) / 60_000);
}

/** The name of the zone that all times here are in. */
export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
