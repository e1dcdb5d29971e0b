/** A visit as staff have it: its hosts come in at once and have a panel, all others wait. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Ending } from "../../call/ending";
import type { Client } from "../../clinic/client";
import { lookAtConsents, type Consents } from "../../clinic/consent";
import { isHost, partOf, readMeeting, watchMeeting, type Meeting } from "../../clinic/meetings";
import { may, type Who } from "../../clinic/people";
import { explain, Problem } from "../../clinic/problem";
import { askToken, Wait, WAITING, watchWaiting, type Place, type Waiter } from "../../clinic/wait";
import type { Admission } from "../../admission";
import type { Entrance } from "../../entrance";
import { Poll } from "../../poll";
import { pageHash } from "../../route";
import { t } from "../../texts/lookup";
import { notice } from "../notice";
import { View } from "../view";
import "../visit";
import type { Visit, VisitScreen } from "../visit";
import "./consent";
import "./host-panel";
import { tellPlace, waitingMessages, waitingPlace } from "./place";

const PAUSE = 500; // ms between an answer and the next question, which waits for news itself

/** Tells `call` with whether one is in it. */
@customElement("hc-staff-visit")
export class StaffVisit extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) who!: Who;
  @property({ attribute: false }) meetingId = "";
  @property({ attribute: false }) announcer!: Announcer;
  @state() private meeting: Meeting | undefined;
  @state() private consents: Consents | undefined;
  @state() private waiting: readonly Waiter[] | undefined; // for any visit
  @state() private place: Place | undefined; // while one waits oneself
  @state() private failure: string | undefined;

  #entrance: Entrance | undefined;
  #poll: Poll | undefined;
  #wait: Wait | undefined;
  #left = new AbortController();
  #told = new Set<string>();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#left = new AbortController();
    const wait = new Wait(this.client, this.meetingId, location.href);
    wait.addEventListener("change", () => this.#placed(wait.place));
    this.#wait = wait;
    this.#entrance = {
      admit: () => this.#enter(wait),
      name: this.who.name ?? "",
      host: this.who.title,
    };
    this.#poll = new Poll(() => this.#look(), PAUSE);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#poll?.stop();
    this.#wait?.stop();
    this.#left.abort();
    this.tell("call", false);
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("waiting")) this.#tell();
  }

  protected override render(): TemplateResult {
    const { place } = this;
    return html`<hc-visit
      .entrance=${this.#entrance}
      .announcer=${this.announcer}
      .aside=${this.#aside()}
      .waiting=${place === undefined ? undefined : waitingPlace(place, () => this.#wait?.stop())}
      .below=${place === undefined ? nothing : this.#messages(place)}
      .onward=${{ label: t("visit.toDay"), run: () => (location.hash = pageHash("day")) }}
      @screen=${(event: CustomEvent<VisitScreen>) => this.tell("call", event.detail === "call")}
      @ended=${(event: CustomEvent<Ending>) => void this.#ended(event.detail)}
    ></hc-visit>`;
  }

  #aside(): TemplateResult {
    const { meeting } = this;
    return html`${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
    ${meeting === undefined ? nothing : this.#isHost(meeting) ? this.#panel(meeting) : this.#consent(meeting)}`;
  }

  #messages(place: Place): TemplateResult {
    const visit = { meetingId: this.meetingId, clinic: this.who.title };
    return waitingMessages(place, this.client, this.announcer, visit);
  }

  #panel(meeting: Meeting): TemplateResult {
    return html`<hc-host-panel
      .client=${this.client}
      .who=${this.who}
      .meeting=${meeting}
      .waiting=${this.waiting ?? []}
      .consents=${this.consents}
      .announcer=${this.announcer}
      @changed=${(event: CustomEvent<Meeting>) => this.#changed(event.detail)}
    ></hc-host-panel>`;
  }

  #consent(meeting: Meeting): TemplateResult {
    return html`<hc-consent
      .client=${this.client}
      .announcer=${this.announcer}
      .meetingId=${meeting.id}
      .person=${partOf(meeting, this.who.id)}
      .consents=${this.consents}
      .asks=${true}
    ></hc-consent>`;
  }

  /** Who takes part as something else hosts nothing, whatever their role in the clinic. */
  #isHost(meeting: Meeting): boolean {
    const own = partOf(meeting, this.who.id);
    return own === undefined || isHost(own);
  }

  async #enter(wait: Wait): Promise<Admission> {
    try {
      return await askToken(this.client, this.meetingId, location.href);
    } catch (error) {
      if (error instanceof Problem && error.kind === "not_admitted") return wait.enter();
      throw error;
    }
  }

  async #ended(ending: Ending): Promise<void> {
    const isBack = this.meeting !== undefined && !this.#isHost(this.meeting);
    if (ending !== "removed" || !isBack || !(await this.#wait?.isAwaited())) return;
    this.announcer.say(t("wait.putBack"));
    await this.querySelector<Visit>("hc-visit")?.waitAgain();
  }

  /** False when that did not work. */
  async #look(): Promise<boolean> {
    const { signal } = this.#left;
    try {
      // In this order: what changes while the rest is looked at ends the next wait at once.
      if (may(this.who, "meetings.host")) {
        this.waiting = await watchWaiting(this.client, signal, this.waiting === undefined);
      }
      this.meeting =
        this.meeting === undefined
          ? await readMeeting(this.client, this.meetingId)
          : await watchMeeting(this.client, this.meeting);
      this.consents = await lookAtConsents(this.client, this.meetingId);
      this.failure = undefined;
      return true;
    } catch (error) {
      if (!signal.aborted) this.failure = explain(error);
      return false;
    }
  }

  #changed(meeting: Meeting): void {
    this.meeting = meeting;
    const waiting = meeting.participants.filter(({ admission }) => WAITING.has(admission));
    const waits = new Set(waiting.map(({ id }) => id));
    this.waiting = this.waiting?.filter(
      ({ meetingId, participant }) => meetingId !== meeting.id || waits.has(participant.id),
    );
  }

  #placed(place: Place | undefined): void {
    if (place !== undefined) tellPlace(this.place, place, this.announcer);
    this.place = place;
  }

  #tell(): void {
    const waiting = this.waiting ?? [];
    for (const { participant } of waiting) {
      if (this.#told.has(participant.id)) continue;
      this.announcer.say(t("day.comes", { name: participant.name ?? "" }));
    }
    this.#told = new Set(waiting.map(({ participant }) => participant.id));
  }
}
