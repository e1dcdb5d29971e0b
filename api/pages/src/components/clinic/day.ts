/** A day of the clinic: who waits to be let in, and which visits there are. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Asked } from "../../clinic/client";
import { moveElsewhere, type Provider } from "../../clinic/conferencing";
import {
  endMeeting,
  listMeetings,
  namesOf,
  type Meeting,
} from "../../clinic/meetings";
import { may, type InvitedGuest } from "../../clinic/people";
import { decide, watchWaiting, type Decision, type Waiter } from "../../clinic/wait";
import { dayOf, showDay, zone } from "../../clinic/when";
import { nameZone } from "../../clinic/zones";
import { Poll } from "../../poll";
import { t, tCount } from "../../texts/lookup";
import "../confirm";
import type { Confirm } from "../confirm";
import "./guest-form";
import type { GuestForm } from "./guest-form";
import "./invite-dialog";
import type { InviteDialog } from "./invite-dialog";
import "./link-dialog";
import type { LinkDialog, ShownLink } from "./link-dialog";
import { ListView } from "./list-view";
import "./meeting-form";
import type { MeetingForm } from "./meeting-form";
import { troubleOf } from "./elsewhere";
import { meetingRow } from "./meeting-row";
import { queue } from "./queue";
import "./triage-form";
import type { TriageForm } from "./triage-form";

const PAUSE = 500; // ms between an answer and the next question, which waits for news itself

@customElement("hc-day")
export class Day extends ListView {
  @state() private meetings: readonly Meeting[] = [];
  @state() private waiting: readonly Waiter[] | undefined;
  @state() private later = 0; // days from today
  @state() private now = Date.now();

  #poll: Poll | undefined;
  #left = new AbortController();
  #told = new Set<string>(); // who waits and was announced
  #toldTrouble = new Set<string>(); // likewise what is wrong with visits elsewhere

  override connectedCallback(): void {
    super.connectedCallback();
    this.#left = new AbortController();
    this.#poll = new Poll(() => this.#look(), PAUSE);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#poll?.stop();
    this.#left.abort();
  }

  protected override async load(): Promise<void> {
    await this.#load();
  }

  protected override render(): TemplateResult {
    return html`${this.#head()} ${this.failureNotice()}
      ${queue(
        this.waiting ?? [],
        this.now,
        (waiters, decision) => this.#decide(waiters, decision),
        this,
        may(this.who, "meetings.change") ? (waiter) => this.#triage(waiter) : undefined,
      )}
      <section class="section" aria-labelledby="visits-heading">
        <h2 id="visits-heading">${t("day.visits")}</h2>
        ${this.emptyOr(
          this.meetings.length,
          t("day.none"),
          () =>
            html`<ul class="rows">
              ${repeat(
                this.meetings,
                ({ id }) => id,
                (meeting) => meetingRow(meeting, this.#actions),
              )}
            </ul>`,
        )}
      </section>
      <hc-meeting-form
        .client=${this.client}
        .who=${this.who}
        @made=${(event: CustomEvent<Meeting>) => this.#made(event.detail)}
        @moved=${() => this.#saved()}
      ></hc-meeting-form>
      <hc-guest-form
        .client=${this.client}
        @invited=${(event: CustomEvent<InvitedGuest>) => this.#guestInvited(event.detail)}
      ></hc-guest-form>
      <hc-invite-dialog
        .client=${this.client}
        @link=${(event: CustomEvent<ShownLink>) => this.#showLink(event.detail)}
        @sent=${(event: CustomEvent<string>) => this.announcer.say(t("invitation.sent", { name: event.detail }))}
      ></hc-invite-dialog>
      <hc-triage-form
        .client=${this.client}
        @said=${() => this.announcer.say(t("clinic.saved"))}
      ></hc-triage-form>
      <hc-confirm></hc-confirm>
      <hc-link-dialog .announcer=${this.announcer}></hc-link-dialog>`;
  }

  #head(): TemplateResult {
    const day = dayOf(new Date(this.now), this.later).from;
    return html`<div class="page-head">
      <div>
        <h1 tabindex="-1">${this.later === 0 ? t("page.day") : showDay(day)}</h1>
        <p class="hint">
          ${this.later === 0 ? html`${showDay(day)} · ` : nothing}${t("day.zone", { zone: nameZone(zone(), day) })}
        </p>
      </div>
      <div class="row-actions">
        ${this.#dayButton("day-before", t("day.before"), this.later - 1)}
        ${this.later === 0 ? nothing : this.#dayButton("day-today", t("page.day"), 0)}
        ${this.#dayButton("day-after", t("day.after"), this.later + 1)}
        ${may(this.who, "meetings.change") ? this.#newButton() : nothing}
      </div>
    </div>`;
  }

  #dayButton(testid: string, label: string, later: number): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      data-testid=${testid}
      @click=${() => this.#show(later)}
    >
      ${label}
    </button>`;
  }

  #newButton(): TemplateResult {
    return html`<button
      type="button"
      class="button primary"
      data-testid="new-visit"
      @click=${() => this.querySelector<MeetingForm>("hc-meeting-form")?.show()}
    >
      ${t("day.new")}
    </button>`;
  }

  readonly #actions = {
    invite: (meeting: Meeting): void =>
      void this.querySelector<InviteDialog>("hc-invite-dialog")?.show(meeting),
    end: (meeting: Meeting): void => void this.#end(meeting),
    guest: (meeting: Meeting): void =>
      void this.querySelector<GuestForm>("hc-guest-form")?.show(meeting),
    change: (meeting: Meeting): void =>
      void this.querySelector<MeetingForm>("hc-meeting-form")?.show(meeting),
    move: (meeting: Meeting, to: Provider): void => void this.#move(meeting, to),
  };

  async #show(later: number): Promise<void> {
    this.later = later;
    this.loading = true;
    await this.reload();
    const day = showDay(dayOf(new Date(this.now), later).from);
    this.announcer.say(`${day}: ${tCount("day.count", this.meetings.length)}`);
  }

  async #look(): Promise<boolean> {
    const { signal } = this.#left;
    return this.attempt(async () => {
      const fresh = this.waiting === undefined;
      this.waiting = await watchWaiting(this.client, signal, fresh).catch((error: unknown) => {
        if (signal.aborted) return [];
        throw error;
      });
      this.#tell();
      if (!signal.aborted) await this.#load({ unattended: true });
    });
  }

  async #load(how: Asked = {}): Promise<void> {
    const { later } = this;
    const now = Date.now();
    const again = { ...how, again: true };
    const meetings = await listMeetings(this.client, dayOf(new Date(now), later), again);
    if (later !== this.later) return; // another day is wanted meanwhile
    this.now = now;
    this.meetings = meetings;
    this.#tellTrouble();
  }

  #tell(): void {
    const waiting = this.waiting ?? [];
    for (const { participant } of waiting) {
      if (this.#told.has(participant.id)) continue;
      this.announcer.say(t("day.comes", { name: participant.name ?? "" }));
    }
    this.#told = new Set(waiting.map(({ participant }) => participant.id));
  }

  /** Once for each kind of trouble, however often it is tried again. */
  #tellTrouble(): void {
    const keyOf = ({ id, conference }: Meeting): string => `${id} ${conference.reason}`;
    const troubled = this.meetings.filter(({ conference: { state, reason } }) => {
      return reason !== null && (state === "waiting" || state === "failed");
    });
    for (const meeting of troubled) {
      if (this.#toldTrouble.has(keyOf(meeting))) continue;
      this.announcer.say(`${namesOf(meeting)}: ${troubleOf(meeting)}`);
    }
    this.#toldTrouble = new Set(troubled.map(keyOf));
  }

  #triage(waiter: Waiter): void {
    void this.querySelector<TriageForm>("hc-triage-form")?.show(waiter);
  }

  async #decide(waiters: readonly Waiter[], decision: Decision): Promise<void> {
    await this.attempt(async () => {
      for (const { meetingId, participant } of waiters) {
        await decide(this.client, meetingId, participant, decision);
      }
      const decided = new Set(waiters.map(({ participant }) => participant.id));
      this.waiting = this.waiting?.filter(({ participant }) => !decided.has(participant.id));
      await this.#load();
    });
    await this.keepFocus();
  }

  async #showLink(shown: ShownLink): Promise<void> {
    await this.querySelector<LinkDialog>("hc-link-dialog")?.show(shown);
  }

  async #guestInvited({ guest, link }: InvitedGuest): Promise<void> {
    await this.reload();
    const heading = t("guest.linkHeading");
    await this.#showLink({ link, heading, text: t("guest.linkText", { name: guest.name }) });
  }

  async #end(meeting: Meeting): Promise<void> {
    const name = namesOf(meeting);
    const live = meeting.status === "live";
    const sure = await this.querySelector<Confirm>("hc-confirm")?.ask({
      heading: t(live ? "visit.endForAll" : "day.cancelLong", { name }),
      text: t(live ? "visit.endText" : "day.cancelText"),
      yes: t(live ? "visit.end" : "day.cancelYes"),
    });
    if (sure !== true) return;
    await this.attempt(async () => {
      await endMeeting(this.client, meeting);
      await this.#load();
    });
    await this.keepFocus();
  }

  async #move(meeting: Meeting, to: Provider): Promise<void> {
    await this.attempt(async () => {
      await moveElsewhere(this.client, meeting, to);
      await this.#load();
      this.announcer.say(t("clinic.saved"));
    });
    await this.keepFocus();
  }

  async #made(meeting: Meeting): Promise<void> {
    await this.#saved();
    this.#actions.invite(meeting);
  }

  async #saved(): Promise<void> {
    await this.reload();
    this.announcer.say(t("clinic.saved"));
  }
}
