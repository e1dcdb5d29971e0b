/** What somebody sees who waits to be let in. */

import { html, type TemplateResult } from "lit";

import type { Place } from "../../clinic/wait";
import { t, tCount } from "../../texts/lookup";

export function waitingPlace(place: Place, leave: () => void): TemplateResult {
  return html`<div class="wait" data-testid="waiting">
      <p class="wait-place" data-testid="wait-place">${placeText(place)}</p>
      <p class="hint">${t("wait.hint")}</p>
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
