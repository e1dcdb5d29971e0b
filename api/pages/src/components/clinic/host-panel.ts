/** Beside the call, for its host: who waits, who is in, and what can be done to the visit. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import { answersOf, type Consents } from "../../clinic/consent";
import {
  endMeeting,
  endOf,
  isOver,
  lockMeeting,
  moveMeeting,
  partOf,
  removePerson,
  type Meeting,
  type Participant,
} from "../../clinic/meetings";
import type { InvitedGuest, Who } from "../../clinic/people";
import { explain } from "../../clinic/problem";
import { decide, type Decision, type Waiter } from "../../clinic/wait";
import { showTime } from "../../clinic/when";
import { t, tCount } from "../../texts/lookup";
import "../confirm";
import type { Confirm, Question } from "../confirm";
import { notice } from "../notice";
import { View } from "../view";
import "./colleague-form";
import type { Added, ColleagueForm } from "./colleague-form";
import "./consent";
import "./consent-form";
import type { ConsentForm } from "./consent-form";
import "./guest-form";
import type { GuestForm } from "./guest-form";
import { hostPeople } from "./host-people";
import "./link-dialog";
import type { LinkDialog } from "./link-dialog";
import { waiterActions, waiterMessages } from "./queue";

const LONGER = 10; // minutes that a visit is made longer at once

/** Tells `changed` with the `Meeting` as it is now. */
@customElement("hc-host-panel")
export class HostPanel extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) who!: Who;
  @property({ attribute: false }) meeting!: Meeting;
  @property({ attribute: false }) waiting: readonly Waiter[] = []; // for any visit
  @property({ attribute: false }) consents: Consents | undefined;
  @property({ attribute: false }) announcer!: Announcer;
  @state() private failure: string | undefined;

  protected override render(): TemplateResult {
    const { meeting } = this;
    return html`<section class="host" aria-label=${t("visit.host")}>
        ${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
        ${this.#waiters()}
        <hc-consent
          .client=${this.client}
          .announcer=${this.announcer}
          .meetingId=${meeting.id}
          .person=${partOf(meeting, this.who.id)}
          .consents=${this.consents}
        ></hc-consent>
        <details class="host-people">
          <summary data-testid="people-toggle">
            ${tCount("visit.people", meeting.participants.length)}
          </summary>
          ${hostPeople(meeting, this.consents, this.who.id, this.#actions)}
        </details>
        ${isOver(meeting) ? nothing : this.#tools(meeting)}
      </section>
      ${this.#dialogs()}`;
  }

  #waiters(): TemplateResult {
    const own = this.waiting.filter(({ meetingId }) => meetingId === this.meeting.id);
    const elsewhere = this.waiting.length - own.length;
    return html`${repeat(
      own,
      ({ participant }) => participant.id,
      (waiter) =>
        html`<div class="notice notice-info" data-testid="waiter">
          <p>${t("day.comes", { name: waiter.participant.name ?? "" })}</p>
          ${waiterActions(waiter, ([one], what) => one && this.#actions.decide(one.participant, what))}
          ${waiterMessages(waiter, this)}
        </div>`,
    )}
    ${elsewhere === 0 ? nothing : html`<p class="hint">${tCount("visit.elsewhere", elsewhere)}</p>`}`;
  }

  #tools(meeting: Meeting): TemplateResult {
    const { locked } = meeting;
    const lock = t(locked ? "visit.unlock" : "visit.lock");
    const lockLong = t(locked ? "visit.unlockLong" : "visit.lockLong");
    return html`<div class="row-actions">
      ${tool("add-colleague", t("visit.addColleague"), () => this.#form("hc-colleague-form"))}
      ${tool("add-guest", t("visit.addGuest"), () => this.#form("hc-guest-form"))}
      ${tool("hand-over", t("visit.handOver"), () => this.#handOver(), t("visit.handOverLong"))}
      ${tool("lock-button", lock, () => this.#lock(meeting), lockLong)}
      ${tool("longer-button", t("visit.longer", { count: LONGER }), () => this.#makeLonger(meeting))}
      <button
        type="button"
        class="button small danger"
        data-testid="end-visit"
        @click=${() => this.#end(meeting)}
      >
        ${t("visit.endForAll")}
      </button>
    </div>`;
  }

  #dialogs(): TemplateResult {
    return html`<hc-colleague-form
        .client=${this.client}
        @added=${(event: CustomEvent<Added>) => this.#added(event.detail)}
      ></hc-colleague-form>
      <hc-guest-form
        .client=${this.client}
        @invited=${(event: CustomEvent<InvitedGuest>) => this.#guestInvited(event.detail)}
      ></hc-guest-form>
      <hc-consent-form
        class="noted"
        .client=${this.client}
        @saved=${() => this.announcer.say(t("clinic.saved"))}
      ></hc-consent-form>
      <hc-link-dialog .announcer=${this.announcer}></hc-link-dialog>
      <hc-confirm></hc-confirm>`;
  }

  readonly #actions = {
    decide: (participant: Participant, decision: Decision): void =>
      void this.#change(() => decide(this.client, this.meeting.id, participant, decision)),
    note: (participant: Participant): void => this.#note(participant),
    remove: (participant: Participant): void => void this.#remove(participant),
  };

  #form(name: "hc-colleague-form" | "hc-guest-form"): void {
    void this.querySelector<ColleagueForm | GuestForm>(name)?.show(this.meeting);
  }

  #handOver(): void {
    void this.querySelector<ColleagueForm>("hc-colleague-form")?.show(this.meeting, true);
  }

  #note({ id, kind, subjectId, name }: Participant): void {
    if (this.consents === undefined) return;
    const answers = answersOf(this.consents, { kind, subjectId });
    const other = { participantId: id, name: name ?? "" };
    const form = this.querySelector<ConsentForm>("hc-consent-form.noted");
    void form?.show({ meetingId: this.meeting.id, answers, other });
  }

  async #remove(participant: Participant): Promise<void> {
    const heading = t("visit.removeLong", { name: participant.name ?? "" });
    const question = { heading, text: t("visit.removeText"), yes: t("visit.remove") };
    if (!(await this.#isSure(question))) return;
    await this.#change(() => removePerson(this.client, this.meeting, participant.id));
  }

  async #lock(meeting: Meeting): Promise<void> {
    await this.#change(() => lockMeeting(this.client, meeting, !meeting.locked));
  }

  async #makeLonger(meeting: Meeting): Promise<void> {
    await this.#change(async () => {
      const duration = meeting.duration + LONGER;
      const longer = await moveMeeting(this.client, meeting, { duration });
      this.announcer.say(t("visit.isLonger", { time: showTime(endOf(longer)) }));
      return longer;
    });
  }

  async #end(meeting: Meeting): Promise<void> {
    const question = { heading: t("visit.endForAll"), text: t("visit.endText"), yes: t("visit.end") };
    if (await this.#isSure(question)) await this.#change(() => endMeeting(this.client, meeting));
  }

  async #guestInvited({ guest, link }: InvitedGuest): Promise<void> {
    const heading = t("guest.linkHeading");
    const text = t("guest.linkText", { name: guest.name });
    await this.querySelector<LinkDialog>("hc-link-dialog")?.show({ link, heading, text });
  }

  #added({ meeting, name, handsOver }: Added): void {
    this.announcer.say(t(handsOver ? "visit.handedOver" : "visit.added", { name }));
    this.tell("changed", meeting);
  }

  async #isSure(question: Question): Promise<boolean> {
    return (await this.querySelector<Confirm>("hc-confirm")?.ask(question)) ?? false;
  }

  async #change(action: () => Promise<Meeting>): Promise<void> {
    try {
      this.tell("changed", await action());
      this.failure = undefined;
    } catch (error) {
      this.failure = explain(error);
    }
    await this.keepFocus("summary");
  }
}

function tool(testid: string, text: string, act: () => unknown, long = text): TemplateResult {
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
