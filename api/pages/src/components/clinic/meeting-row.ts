/** One visit in the list of a day. */

import { html, nothing, type TemplateResult } from "lit";

import { isElsewhere, type Provider } from "../../clinic/conferencing";
import { isOver, namesOf, patientOf, type Meeting } from "../../clinic/meetings";
import { showTime } from "../../clinic/when";
import { visitHash } from "../../route";
import { t, tCount } from "../../texts/lookup";
import { joinElsewhere, trouble } from "./elsewhere";

export interface MeetingActions {
  readonly invite: (meeting: Meeting) => void;
  readonly guest: (meeting: Meeting) => void;
  readonly change: (meeting: Meeting) => void;
  readonly end: (meeting: Meeting) => void;
  readonly move: (meeting: Meeting, to: Provider) => void; // to another place
}

export function meetingRow(meeting: Meeting, actions: MeetingActions): TemplateResult {
  const { status } = meeting;
  return html`<li class="row" data-testid="meeting" data-status=${status}>
    <span class="row-time">${showTime(meeting.startsAt)}</span>
    <div class="row-main">
      <h3>${namesOf(meeting)}</h3>
      <p class="hint">
        ${tCount("day.minutes", meeting.duration)}${placeOf(meeting)}${answerOf(meeting)}
      </p>
    </div>
    <span class="tag tag-${status}">${t(`status.${status}`)}</span>
    ${isOver(meeting) ? nothing : actionsOf(meeting, actions)}
    ${trouble(meeting, namesOf(meeting), actions.move)}
  </li>`;
}

function actionsOf(meeting: Meeting, actions: MeetingActions): TemplateResult {
  const name = namesOf(meeting);
  const button = (
    testid: string,
    run: (meeting: Meeting) => void,
    label: string,
    long: string,
  ): TemplateResult =>
    html`<button
      type="button"
      class="button small"
      aria-label=${long}
      data-testid=${testid}
      @click=${() => run(meeting)}
    >
      ${label}
    </button>`;
  return html`<div class="row-actions">
    ${isElsewhere(meeting) ? joinElsewhere(meeting, name) : meeting.status === "scheduled" ? nothing : joinLink(meeting, name)}
    ${patientOf(meeting) === undefined ? nothing : button("invite-patient", actions.invite, t("day.invite"), t("day.inviteLong", { name }))}
    ${button("invite-guest", actions.guest, t("day.guest"), t("day.guestLong", { name }))}
    ${button("change-visit", actions.change, t("day.change"), t("day.changeLong", { name }))}
    ${
      meeting.status === "live"
        ? button("end-visit", actions.end, t("visit.end"), t("visit.endLong", { name }))
        : button("cancel-visit", actions.end, t("day.cancel"), t("day.cancelLong", { name }))
    }
  </div>`;
}

function joinLink({ id }: Meeting, name: string): TemplateResult {
  return html`<a
    class="button small primary"
    href=${visitHash(id)}
    aria-label=${t("day.joinLong", { name })}
    data-testid="join-visit"
    >${t("day.join")}</a
  >`;
}

/** Where it is, unless here. */
function placeOf(meeting: Meeting): string {
  return isElsewhere(meeting) ? ` · ${t(`provider.${meeting.provider}`)}` : "";
}

/** What the patient has answered to the invitation. */
function answerOf(meeting: Meeting): string {
  const rsvp = patientOf(meeting)?.rsvp ?? "needs_action";
  return rsvp === "needs_action" ? "" : ` · ${t(`rsvp.${rsvp}`)}`;
}
