/** Time zones: by their names, and what the clocks on their walls show. */

import { locale } from "../texts/lookup";

export const UTC = "UTC";

/** All that the browser knows, and the one that is set, which it may know by another name. */
export function zones(set: string): readonly string[] {
  return [...new Set([UTC, set, ...Intl.supportedValuesOf("timeZone")])];
}

/** "Central European Time (Europe/Berlin, GMT+1)", as it is at that moment. */
export function nameZone(zone: string, at: Date, tag = locale()): string {
  if (zone === UTC) return UTC; // browsers say "GMT+00:00 (UTC, GMT+0)"
  const [name, offset] = (["longGeneric", "shortOffset"] as const).map((how) => part(zone, at, tag, how));
  if (name === undefined || offset === undefined) return zone; // the browser does not know it
  return `${name} (${[zone, offset].filter((text) => text !== name).join(", ")})`;
}

function part(
  zone: string,
  at: Date,
  tag: string,
  timeZoneName: "longGeneric" | "shortOffset",
): string | undefined {
  try {
    const format = new Intl.DateTimeFormat(tag, { timeZone: zone, timeZoneName });
    return format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What `<input type=date>` and `<input type=time>` hold for a moment in a zone. */
export function wallIn(zone: string, at: Date): { readonly date: string; readonly time: string } {
  const two = "2-digit" as const;
  const format = new Intl.DateTimeFormat("en", {
    timeZone: zone, year: "numeric", month: two, day: two, hour: two, minute: two, hourCycle: "h23",
  }); // prettier-ignore
  const found = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute } = found;
  return { date: `${year}-${month}-${day}`, time: `${hour}:${minute}` };
}

/** Whole days from one date (YYYY-MM-DD) to another. */
export function daysBetween(one: string, other: string): number {
  return Math.round((Date.parse(`${other}T00:00Z`) - Date.parse(`${one}T00:00Z`)) / DAY);
}

/** The date (YYYY-MM-DD) so many days later. */
export function daysAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

const DAY = 86_400_000; // ms
