/** One time of a calendar: when and where it is, who comes, and what can be done with it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Entry } from "../../clinic/entries";
import { isElsewhere } from "../../clinic/conferencing";
import { isOver, namesOf, type Meeting, type Participant } from "../../clinic/meetings";
import { may, type Member, type Who } from "../../clinic/people";
import { showDay, showTimes, zone } from "../../clinic/when";
import { nameZone, wallIn } from "../../clinic/zones";
import { visitHash } from "../../route";
import { t, tCount } from "../../texts/lookup";
import { View } from "../view";
import { joinElsewhere, troubleOf } from "./elsewhere";
import { showRecurrence } from "./recurrence";

/** Tells `move` and `cancel` with the `Entry`, `invite` with its `Meeting`. */
@customElement("hc-entry-dialog")
export class EntryDialog extends View {
  @property({ attribute: false }) who!: Who;
  @property({ attribute: false }) colleagues: readonly Member[] = [];
  @state() private entry: Entry | undefined;

  async show(entry: Entry): Promise<void> {
    this.entry = entry;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    return html`<dialog class="dialog" aria-labelledby="entry-heading" data-testid="entry-dialog">
      ${this.entry === undefined ? nothing : this.#content(this.entry)}
    </dialog>`;
  }

  #content(entry: Entry): TemplateResult {
    const { meeting, event } = entry;
    const recurrence = event?.recurrence ?? null;
    return html`<h2 id="entry-heading">${meeting === undefined ? t("event.busy") : namesOf(meeting)}</h2>
      ${this.#times(entry)}
      ${recurrence === null ? nothing : html`<p data-testid="recurrence">${showRecurrence(recurrence)}</p>`}
      ${meeting === undefined ? this.#whose(entry) : this.#visit(meeting)}
      <div class="form-buttons">
        <button type="button" class="button" autofocus data-testid="entry-close" @click=${() => this.#close()}>
          ${t("form.close")}
        </button>
        ${this.#actions(entry)}
      </div>`;
  }

  /** In the reader's zone, and in that of the event if it is another one. */
  #times({ startsAt, endsAt, event }: Entry): TemplateResult {
    const begins = new Date(startsAt);
    const there = event?.timeZone ?? zone();
    const clock = wallIn(there, begins).time;
    return html`<p>${showDay(begins)}, ${showTimes(startsAt, endsAt)}</p>
      <p class="hint">${t("day.zone", { zone: nameZone(zone(), begins) })}</p>
      ${clock === wallIn(zone(), begins).time ? nothing : html`<p class="hint" data-testid="there">${t("event.there", { time: clock, zone: nameZone(there, begins) })}</p>`}`;
  }

  #whose({ event }: Entry): TemplateResult {
    const member = this.colleagues.find(({ id }) => id === event?.staffId);
    return html`<p>${member?.name ?? ""}</p>`;
  }

  #visit(meeting: Meeting): TemplateResult {
    const trouble = troubleOf(meeting);
    return html`<p>
        ${t(`provider.${meeting.provider}`)} · ${tCount("day.minutes", meeting.duration)} ·
        ${t(`status.${meeting.status}`)}
      </p>
      ${trouble === "" ? nothing : html`<p class="notice notice-info">${trouble}</p>`}
      <h3>${t("event.people")}</h3>
      <ul class="rows">
        ${meeting.participants.map((one) => person(one))}
      </ul>`;
  }

  #actions(entry: Entry): TemplateResult | typeof nothing {
    const { meeting } = entry;
    if (!may(this.who, "meetings.change")) return nothing;
    if (meeting !== undefined && isOver(meeting)) return nothing;
    const isLive = meeting?.status === "live";
    const isOneBusyOfSeries = meeting === undefined && entry.event?.recurrence != null;
    return html`${isLive ? nothing : this.#button("cancel-entry", "danger", t("day.cancel"), () => this.tell("cancel", entry))}
      ${isLive || isOneBusyOfSeries ? nothing : this.#button("move-entry", "", t("event.move"), () => this.tell("move", entry))}
      ${meeting === undefined ? nothing : this.#button("invite-entry", "", t("day.invite"), () => this.tell("invite", meeting))}
      ${meeting === undefined ? nothing : joinLink(meeting)}`;
  }

  #button(testid: string, look: string, label: string, run: () => void): TemplateResult {
    const act = (): void => {
      this.#close();
      run();
    };
    return html`<button type="button" class="button ${look}" data-testid=${testid} @click=${act}>
      ${label}
    </button>`;
  }

  #close(): void {
    this.querySelector("dialog")?.close();
  }
}

function person({ name, role, rsvp }: Participant): TemplateResult {
  return html`<li class="row" data-testid="entry-person" data-rsvp=${rsvp}>
    <div class="row-main">
      <strong>${name ?? ""}</strong>
      <p class="hint">${t(`part.${role}`)}</p>
    </div>
    <span class="tag ${rsvp === "accepted" ? "tag-active" : ""}">${t(`rsvp.${rsvp}`)}</span>
  </li>`;
}

function joinLink(meeting: Meeting): TemplateResult | typeof nothing {
  const name = namesOf(meeting);
  if (isElsewhere(meeting)) return joinElsewhere(meeting, name);
  if (meeting.status === "scheduled") return nothing;
  return html`<a class="button primary" href=${visitHash(meeting.id)} data-testid="join-visit"
    >${t("day.join")}</a
  >`;
}
