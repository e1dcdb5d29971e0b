/** Fields that forms of visits share: how long, and where. */

import { nothing, type TemplateResult } from "lit";

import { choicesOf, type Conferencing } from "../../clinic/conferencing";
import { t, tCount } from "../../texts/lookup";
import { choice, type Choice } from "../field";

const MINUTES = [10, 15, 20, 30, 45, 60, 90];
export const USUAL = 30; // minutes
export const AUTO = "auto";

/** What can be chosen, and what it is now. */
export function lengths(now: number): Choice[] {
  return [...new Set([...MINUTES, now])]
    .sort((one, other) => one - other)
    .map((count) => ({ value: String(count), label: tCount("day.minutes", count) }));
}

/** Nobody is asked who has no choice. */
export function places(conferencing: Conferencing | undefined): TemplateResult | typeof nothing {
  const found = conferencing === undefined ? [] : choicesOf(conferencing);
  if (conferencing === undefined || found.length === 0) return nothing;
  const usual = t("visit.usualPlace", { provider: t(`provider.${conferencing.auto ?? "livekit"}`) });
  return choice({ name: "conferencing", label: t("visit.place"), value: AUTO }, [
    { value: AUTO, label: usual },
    ...found.map((place) => ({ value: place, label: t(`provider.${place}`) })),
  ]);
}
