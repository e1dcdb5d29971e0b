/** What somebody sees who waits to be let in. */

import { html, nothing, type TemplateResult } from "lit";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import { writeToHosts } from "../../clinic/lobbychat";
import type { Place } from "../../clinic/wait";
import { t, tCount } from "../../texts/lookup";
import "./lobby-chat";

export function waitingPlace(place: Place, leave: () => void): TemplateResult {
  return html`<div class="wait" data-testid="waiting">
      <p class="wait-place" data-testid="wait-place">${placeText(place)}</p>
      <p class="hint">${t("wait.hint")}</p>
      ${place.message === null ? nothing : html`<p class="message-text" dir="auto" data-testid="waiting-message">${place.message}</p>`}
    </div>
    <button type="button" class="button" data-testid="leave-waiting" @click=${leave}>
      ${t("wait.leave")}
    </button>`;
}

export function placeText({ position, waitSeconds }: Place): string {
  const before = (position ?? 1) - 1;
  const place = before === 0 ? t("wait.next") : tCount("wait.position", before);
  if (waitSeconds === null) return place;
  return `${place} ${tCount("wait.estimate", Math.max(1, Math.round(waitSeconds / 60)))}`;
}

/** With the hosts of the visit; below the lobby, since a form is around the place itself. */
export function waitingMessages(
  { messages }: Place,
  client: Client,
  announcer: Announcer,
  visit: { readonly meetingId: string; readonly clinic: string },
): TemplateResult {
  return html`<hc-lobby-chat
    .notes=${messages}
    .other=${visit.clinic}
    .send=${(text: string) => writeToHosts(client, visit.meetingId, text)}
    .announcer=${announcer}
  ></hc-lobby-chat>`;
}

/** Reads out what has changed since. */
export function tellPlace(before: Place | undefined, place: Place, announcer: Announcer): void {
  if (before === undefined || placeText(before) !== placeText(place)) announcer.say(placeText(place));
  const { message } = place;
  if (message !== null && message !== before?.message) announcer.say(message);
}
