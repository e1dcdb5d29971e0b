/** A patient or guest from the link to the call: which visit, a look at oneself, the wait.
 *
 * Who waits stays in the lobby with camera and microphone as they will be; nothing of it is sent.
 */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Ending } from "../../call/ending";
import type { Client } from "../../clinic/client";
import { addressOf, isElsewhere } from "../../clinic/conferencing";
import { ConsentWatch, type Consents } from "../../clinic/consent";
import { isOver, listMeetings, partOf, type Meeting } from "../../clinic/meetings";
import type { Who } from "../../clinic/people";
import { explain } from "../../clinic/problem";
import { sayReady, Wait, type Place } from "../../clinic/wait";
import { dayOf, minutesBefore, showMoment, zone } from "../../clinic/when";
import { nameZone } from "../../clinic/zones";
import type { Entrance } from "../../entrance";
import { Poll } from "../../poll";
import type { Route } from "../../route";
import { setTitle } from "../../speech";
import { t } from "../../texts/lookup";
import { card } from "../farewell";
import { notice } from "../notice";
import { View } from "../view";
import "../visit";
import type { Visit, VisitScreen } from "../visit";
import "./consent";
import "./own-texting";
import { tellPlace, waitingMessages, waitingPlace } from "./place";

const PAUSE = 15_000; // ms between two looks at whether it is time
const AHEAD = 60 * 24 * 3600_000; // ms

/** Tells `sign-out`, and `call` with whether one is in it. */
@customElement("hc-waiting-room")
export class WaitingRoom extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) who!: Who;
  @property({ attribute: false }) route!: Route;
  @property({ attribute: false }) announcer!: Announcer;
  @state() private meetings: readonly Meeting[] | undefined; // that are not over
  @state() private entrance: Entrance | undefined; // of the one that one goes to
  @state() private place: Place | undefined; // while one waits
  @state() private failure: string | undefined;

  @state() private meeting: Meeting | undefined; // to which one goes
  @state() private consents: Consents | undefined;
  @state() private inCall = false;

  #poll: Poll | undefined;
  #watch: ConsentWatch | undefined;
  #wait: Wait | undefined;
  #screen: VisitScreen = "lobby";
  #said = ""; // of camera and microphone

  override connectedCallback(): void {
    super.connectedCallback();
    setTitle(() => t("page.titled", { page: t("wait.heading") }));
    this.#poll = new Poll(() => this.#look(), PAUSE);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#poll?.stop();
    this.#watch?.stop();
    this.#wait?.stop();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("entrance") && this.entrance === undefined) {
      this.querySelector<HTMLElement>("h1")?.focus();
    }
  }

  protected override render(): TemplateResult {
    if (this.entrance !== undefined) return this.#visit(this.entrance);
    return card(
      html`<h1 tabindex="-1">${t("wait.heading")}</h1>
        ${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
        ${this.meetings === undefined ? html`<p class="lead">${t("clinic.asking")}</p>` : this.#list(this.meetings)}
        ${this.who.kind === "patient" ? html`<hc-own-texting .client=${this.client} .announcer=${this.announcer} .patientId=${this.who.id}></hc-own-texting>` : nothing}
        <button
          type="button"
          class="button small"
          data-testid="sign-out-button"
          @click=${() => this.tell("sign-out")}
        >
          ${t("office.signOut")}
        </button>`,
      this.who.title,
    );
  }

  #list(meetings: readonly Meeting[]): TemplateResult {
    if (meetings.length === 0) {
      return html`<p class="lead" data-testid="empty">${t("wait.none")}</p>
        <p>${t("wait.noneHint")}</p>`;
    }
    return html`<ul class="rows">
        ${meetings.map((meeting) => this.#row(meeting))}
      </ul>
      <p class="hint" data-testid="zone">${t("day.zone", { zone: nameZone(zone(), new Date(meetings[0]?.startsAt ?? 0)) })}</p>`;
  }

  #row(meeting: Meeting): TemplateResult {
    const early = meeting.status === "scheduled";
    const when = showMoment(meeting.startsAt);
    return html`<li class="row" data-testid="own-visit" data-status=${meeting.status}>
      <div class="row-main">
        <h2>${when}</h2>
        ${isElsewhere(meeting) ? html`<p class="hint">${t(`provider.${meeting.provider}`)}</p>` : nothing}
        ${early ? html`<p class="hint">${t("wait.early", { minutes: minutesBefore(meeting) })}</p>` : nothing}
      </div>
      ${early ? nothing : isElsewhere(meeting) ? linkElsewhere(meeting, when) : this.#goButton(meeting, when)}
    </li>`;
  }

  #goButton(meeting: Meeting, when: string): TemplateResult {
    return html`<button
      type="button"
      class="button primary"
      aria-label=${t("wait.goLong", { when })}
      data-testid="go-button"
      @click=${() => this.#go(meeting)}
    >
      ${t("wait.go")}
    </button>`;
  }

  #visit(entrance: Entrance): TemplateResult {
    return html`<hc-visit
      .entrance=${entrance}
      .announcer=${this.announcer}
      .waiting=${this.#waiting()}
      .aside=${this.inCall ? this.#consent() : nothing}
      .below=${this.inCall ? nothing : html`${this.#messages()} ${this.#consent()}`}
      @screen=${(event: CustomEvent<VisitScreen>) => this.#shown(event.detail)}
      @ended=${(event: CustomEvent<Ending>) => void this.#ended(event.detail)}
    ></hc-visit>`;
  }

  #waiting(): TemplateResult | undefined {
    const { place } = this;
    return place === undefined ? undefined : waitingPlace(place, () => this.#wait?.stop());
  }

  #messages(): TemplateResult | typeof nothing {
    const { place, meeting } = this;
    if (place === undefined || meeting === undefined) return nothing;
    const visit = { meetingId: meeting.id, clinic: this.who.title };
    return waitingMessages(place, this.client, this.announcer, visit);
  }

  /** In the call those are asked who have not answered yet. */
  #consent(): TemplateResult | typeof nothing {
    const { meeting } = this;
    if (meeting === undefined) return nothing;
    return html`<hc-consent
      .client=${this.client}
      .announcer=${this.announcer}
      .meetingId=${meeting.id}
      .person=${partOf(meeting, this.who.id)}
      .consents=${this.consents}
      .asks=${this.inCall}
    ></hc-consent>`;
  }

  async #look(): Promise<boolean> {
    if (this.#screen === "call") return true; // which keeps one signed in
    const now = Date.now();
    try {
      // A page that is left open until the visit begins keeps its patient signed in.
      const from = dayOf(new Date(now), -1).from; // the same all day: the server tells what is new
      const span = { from, to: new Date(from.getTime() + AHEAD) };
      const meetings = await listMeetings(this.client, span, { again: true });
      this.meetings = meetings.filter((meeting) => !isOver(meeting));
      this.failure = undefined;
      this.#leaveMoved();
    } catch (error) {
      this.failure = explain(error);
    }
    if (this.entrance === undefined) this.#goByItself();
    return this.failure === undefined;
  }

  /** Who was invited to one visit need not choose. */
  #goByItself(): void {
    const open = (this.meetings ?? []).filter(({ status }) => status !== "scheduled");
    const named = this.route.to === "visit" ? this.route.id : undefined;
    const meeting = open.find(({ id }) => id === named) ?? (open.length === 1 ? open[0] : undefined);
    if (meeting !== undefined && !isElsewhere(meeting)) this.#go(meeting);
  }

  /** Who waits here for a visit that has gone elsewhere meanwhile is shown its link. */
  #leaveMoved(): void {
    const meeting = this.meetings?.find(({ id }) => id === this.meeting?.id);
    if (meeting === undefined || !isElsewhere(meeting)) return;
    this.announcer.say(t("clinic.problem.other_provider"));
    this.#wait?.stop();
    this.#watch?.stop();
    this.meeting = undefined;
    this.entrance = undefined;
  }

  #go(meeting: Meeting): void {
    const { id } = meeting;
    this.meeting = meeting;
    this.#watch?.stop();
    const watch = new ConsentWatch(this.client, id);
    watch.addEventListener("change", () => (this.consents = watch.consents));
    this.#watch = watch;
    const wait = new Wait(this.client, id, location.href);
    wait.addEventListener("change", () => this.#placed(wait.place));
    this.#wait = wait;
    this.entrance = { admit: () => wait.enter(), name: this.who.name ?? "", host: this.who.title };
  }

  #placed(place: Place | undefined): void {
    if (place !== undefined) {
      tellPlace(this.place, place, this.announcer);
      this.#sayReady();
    }
    this.place = place;
  }

  /** Those who may take one see whether camera and microphone work. */
  #sayReady(): void {
    const devices = this.querySelector<Visit>("hc-visit")?.devices;
    const said = JSON.stringify(devices);
    if (this.meeting === undefined || devices === undefined || said === this.#said) return;
    this.#said = said;
    sayReady(this.client, this.meeting.id, devices).catch(() => (this.#said = ""));
  }

  #shown(screen: VisitScreen): void {
    this.#screen = screen;
    this.inCall = screen === "call";
    this.tell("call", this.inCall);
  }

  /** Taken out of the call may mean: put back into the waiting room. */
  async #ended(ending: Ending): Promise<void> {
    if (ending !== "removed" || this.#screen === "lobby") return;
    if (!(await this.#wait?.isAwaited())) return;
    this.announcer.say(t("wait.putBack"));
    await this.querySelector<Visit>("hc-visit")?.waitAgain();
  }
}

/** What is elsewhere is not gone to by itself: another site is somebody's own choice. */
function linkElsewhere(meeting: Meeting, when: string): TemplateResult {
  const address = addressOf(meeting);
  const provider = t(`provider.${meeting.provider}`);
  if (address === undefined) return html`<p data-testid="no-link">${t("wait.noLink")}</p>`;
  return html`<a
    class="button primary"
    href=${address}
    target="_blank"
    rel="noopener noreferrer"
    aria-label=${t("wait.openLong", { provider, when })}
    data-testid="go-elsewhere"
    >${t("wait.open", { provider })}</a
  >`;
}
