/** A visit as its host has it: the call, and beside it who waits, who is in, and how it ends. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import {
  endMeeting,
  endOf,
  isOver,
  moveMeeting,
  readMeeting,
  watchMeeting,
  type Meeting,
  type Participant,
} from "../../clinic/meetings";
import type { Who } from "../../clinic/people";
import { askToken, decide, watchWaiting, type Decision, type Waiter } from "../../clinic/wait";
import { explain } from "../../clinic/problem";
import { showTime } from "../../clinic/when";
import type { Entrance } from "../../entrance";
import { Poll } from "../../poll";
import { pageHash } from "../../route";
import { t, tCount } from "../../texts/lookup";
import "../confirm";
import type { Confirm } from "../confirm";
import { notice } from "../notice";
import { View } from "../view";
import "../visit";
import type { VisitScreen } from "../visit";
import { waiterActions } from "./queue";

const LONGER = 10; // minutes that a visit is made longer at once
const PAUSE = 500; // ms between an answer and the next question, which waits for news itself

/** Tells `call` with whether one is in it. */
@customElement("hc-staff-visit")
export class StaffVisit extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) who!: Who;
  @property({ attribute: false }) meetingId = "";
  @property({ attribute: false }) announcer!: Announcer;
  @state() private meeting: Meeting | undefined;
  @state() private waiting: readonly Waiter[] = []; // for any visit
  @state() private failure: string | undefined;

  #entrance: Entrance | undefined;
  #poll: Poll | undefined;
  #left = new AbortController();
  #told = new Set<string>();

  override connectedCallback(): void {
    super.connectedCallback();
    const { meetingId } = this;
    this.#left = new AbortController();
    this.#entrance = {
      admit: async () => askToken(this.client, meetingId, location.href),
      name: this.who.name ?? "",
      host: this.who.title,
    };
    this.#poll = new Poll(() => this.#look(), PAUSE);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#poll?.stop();
    this.#left.abort();
    this.tell("call", false);
  }

  protected override render(): TemplateResult {
    return html`<hc-visit
        .entrance=${this.#entrance}
        .announcer=${this.announcer}
        .aside=${this.#aside()}
        .onward=${{ label: t("visit.toDay"), run: () => (location.hash = pageHash("day")) }}
        @screen=${(event: CustomEvent<VisitScreen>) => this.tell("call", event.detail === "call")}
      ></hc-visit>
      <hc-confirm></hc-confirm>`;
  }

  #aside(): TemplateResult {
    const { meeting } = this;
    return html`<section class="host" aria-label=${t("visit.host")}>
      ${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
      ${meeting === undefined ? nothing : this.#people(meeting)}
    </section>`;
  }

  #people(meeting: Meeting): TemplateResult {
    const inside = meeting.participants.filter(
      ({ admission, kind }) => admission === "admitted" && kind !== "staff",
    );
    const elsewhere = this.waiting.filter(({ meetingId }) => meetingId !== meeting.id).length;
    return html`${repeat(
        this.waiting.filter(({ meetingId }) => meetingId === meeting.id),
        ({ participant }) => participant.id,
        (waiter) =>
          html`<div class="notice notice-info" data-testid="waiter">
            <p>${t("day.comes", { name: waiter.participant.name ?? "" })}</p>
            ${waiterActions(waiter, ([one], what) => void this.#decide(one?.participant, what))}
          </div>`,
      )}
      ${elsewhere === 0 ? nothing : html`<p class="hint">${tCount("visit.elsewhere", elsewhere)}</p>`}
      <div class="row-actions">
        ${inside.map((participant) => this.#putBack(participant))}
        ${isOver(meeting) ? nothing : html`${this.#longerButton(meeting)}${this.#endButton(meeting)}`}
      </div>`;
  }

  #putBack(participant: Participant): TemplateResult {
    const text = t("visit.putBack", { name: participant.name ?? "" });
    return button("put-back-button", text, () => this.#decide(participant, "put-back"));
  }

  #longerButton(meeting: Meeting): TemplateResult {
    const text = t("visit.longer", { count: LONGER });
    return button("longer-button", text, () => this.#makeLonger(meeting));
  }

  #endButton(meeting: Meeting): TemplateResult {
    return button("end-visit", t("visit.endForAll"), () => this.#end(meeting), "danger");
  }

  async #look(): Promise<void> {
    const { signal } = this.#left;
    await this.#try(async () => {
      this.meeting =
        this.meeting === undefined
          ? await readMeeting(this.client, this.meetingId)
          : await watchMeeting(this.client, this.meeting);
      this.waiting = await watchWaiting(this.client, signal).catch((error: unknown) => {
        if (signal.aborted) return [];
        throw error;
      });
      this.#tell();
    });
  }

  #tell(): void {
    for (const { participant } of this.waiting) {
      if (this.#told.has(participant.id)) continue;
      this.announcer.say(t("day.comes", { name: participant.name ?? "" }));
    }
    this.#told = new Set(this.waiting.map(({ participant }) => participant.id));
  }

  async #decide(participant: Participant | undefined, decision: Decision): Promise<void> {
    if (participant === undefined) return;
    await this.#try(async () => {
      this.meeting = await decide(this.client, this.meetingId, participant, decision);
      this.waiting = this.waiting.filter((waiter) => waiter.participant.id !== participant.id);
    });
    await this.keepFocus();
  }

  async #makeLonger(meeting: Meeting): Promise<void> {
    await this.#try(async () => {
      const duration = meeting.duration + LONGER;
      this.meeting = await moveMeeting(this.client, meeting, { duration });
      this.announcer.say(t("visit.isLonger", { time: showTime(endOf(this.meeting)) }));
    });
  }

  async #end(meeting: Meeting): Promise<void> {
    const sure = await this.querySelector<Confirm>("hc-confirm")?.ask({
      heading: t("visit.endForAll"),
      text: t("visit.endText"),
      yes: t("visit.end"),
    });
    if (sure === true) await this.#try(() => endMeeting(this.client, meeting));
  }

  async #try(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
      this.failure = undefined;
    } catch (error) {
      this.failure = explain(error);
    }
  }
}

function button(testid: string, text: string, act: () => unknown, tone = ""): TemplateResult {
  return html`<button type="button" class="button small ${tone}" data-testid=${testid} @click=${act}>
    ${text}
  </button>`;
}
