/** A visit that takes place elsewhere, in the list of a day: its link, or what is wrong and what can
 * be done. */

import { html, nothing, type TemplateResult } from "lit";

import { addressOf, isElsewhere, isReason, type Provider } from "../../clinic/conferencing";
import { isOver, type Meeting } from "../../clinic/meetings";
import { showTime } from "../../clinic/when";
import { t } from "../../texts/lookup";

type Move = (meeting: Meeting, to: Provider) => void;

/** Instead of the button to join here; nothing while there is no link. */
export function joinElsewhere(meeting: Meeting, name: string): TemplateResult | typeof nothing {
  const address = addressOf(meeting);
  if (address === undefined) return nothing;
  const provider = t(`provider.${meeting.provider}`);
  return html`<a
    class="button small primary"
    href=${address}
    target="_blank"
    rel="noopener noreferrer"
    aria-label=${t("elsewhere.joinLong", { provider, name })}
    data-testid="join-elsewhere"
    >${t("elsewhere.join", { provider })}</a
  >`;
}

/** Sentences: where it was to be, what is wrong there, and what happens next. Empty if all is well. */
export function troubleOf(meeting: Meeting): string {
  const { state, insteadOf, reason, detail, retryAt } = meeting.conference;
  if (isOver(meeting) || state === "gone") return "";
  const wanted = state === "here" ? insteadOf : meeting.provider;
  if (wanted === null) return "";
  const provider = t(`provider.${wanted}`);
  const known = isReason(reason) ? t(`trouble.${reason}`, { provider }) : (detail ?? "");
  return [
    ...(state === "here" ? [t("elsewhere.here", { provider })] : []),
    ...(state === "waiting" ? [t("elsewhere.noLink", { provider })] : []),
    ...(state === "failed" ? [t("elsewhere.failed", { provider })] : []),
    ...(state === "ready" && reason !== null ? [t("elsewhere.oldTime", { provider })] : []),
    ...(known === "" ? [] : [known]),
    ...(retryAt === null ? [] : [t("elsewhere.retry", { time: showTime(retryAt) })]),
  ].join(" ");
}

/** What is wrong, and buttons for where it could be instead. */
export function trouble(meeting: Meeting, name: string, move: Move): TemplateResult | typeof nothing {
  const text = troubleOf(meeting);
  if (text === "") return nothing;
  const { state, fallbacks } = meeting.conference;
  const again = state === "failed" && isElsewhere(meeting);
  return html`<div class="notice notice-info row-trouble" data-testid="conference" data-state=${state}>
    <p>${text}</p>
    ${again ? againButton(meeting, name, move) : nothing}
    ${fallbacks.map((to) => moveButton(meeting, to, name, move))}
  </div>`;
}

function againButton(meeting: Meeting, name: string, move: Move): TemplateResult {
  const provider = t(`provider.${meeting.provider}`);
  const long = t("elsewhere.againLong", { provider, name });
  return button("ask-again", t("elsewhere.again", { provider }), long, () =>
    move(meeting, meeting.provider),
  );
}

function moveButton(meeting: Meeting, to: Provider, name: string, move: Move): TemplateResult {
  const provider = t(`provider.${to}`);
  const [short, long] =
    to === "livekit"
      ? [t("elsewhere.moveHere"), t("elsewhere.moveHereLong", { name })]
      : [t("elsewhere.move", { provider }), t("elsewhere.moveLong", { provider, name })];
  return button(`move-to-${to}`, short, long, () => move(meeting, to));
}

function button(testid: string, text: string, long: string, act: () => void): TemplateResult {
  return html`<button
    type="button"
    class="button small"
    aria-label=${long}
    data-testid=${testid}
    @click=${act}
  >
    ${text}
  </button>`;
}
