/** The HQ's queue: who waits with the workspaces that are served, and the call with one of them. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import {
  admitOthers,
  endVisit,
  putBack,
  readinessOf,
  readQueue,
  take,
  takeNext,
  type HqQueue,
  type HqWaiter,
  type Place,
} from "../../clinic/hq";
import { minutesSince } from "../../clinic/meetings";
import { explain } from "../../clinic/problem";
import { showLanguage } from "../../clinic/when";
import type { Entrance } from "../../entrance";
import { Poll } from "../../poll";
import { t, tCount } from "../../texts/lookup";
import { notice } from "../notice";
import "../visit";
import type { VisitScreen } from "../visit";
import { ListView } from "./list-view";

const PAUSE = 3000; // ms: the queue is of several workspaces, whose news nobody can wait for at once

/** Tells `call` with whether one is in it. */
@customElement("hc-hq")
export class Hq extends ListView {
  @state() private queue: HqQueue = { items: [], taken: [] };
  @state() private taken: Place | undefined; // to which one goes
  @state() private now = Date.now();

  #poll: Poll | undefined;
  #entrance: Entrance | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#poll = new Poll(() => this.#look(), PAUSE);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#poll?.stop();
    this.tell("call", false);
  }

  protected override async load(): Promise<void> {
    this.queue = await readQueue(this.client);
    this.now = Date.now();
  }

  protected override render(): TemplateResult {
    if (this.taken !== undefined) return this.#visit(this.taken);
    const { items, taken } = this.queue;
    return html`<div class="page-head">
        <h1 tabindex="-1">${t("page.hq")}</h1>
        <button
          type="button"
          class="button primary"
          data-testid="take-next"
          aria-disabled=${!items.some(({ present, fits }) => present && fits)}
          @click=${() => this.#takeNext()}
        >
          ${t("hq.next")}
        </button>
      </div>
      ${this.failureNotice()}
      ${taken.length === 0 ? nothing : html`<ul class="rows">${taken.map((place) => this.#back(place))}</ul>`}
      ${this.emptyOr(
        items.length,
        t("hq.none"),
        () =>
          html`<ol class="rows">
            ${repeat(
              items,
              ({ meetingId }) => meetingId,
              (waiter) => this.#row(waiter),
            )}
          </ol>`,
      )}`;
  }

  #row(waiter: HqWaiter): TemplateResult {
    const { title, since, priority, language, skill, speaks, fits } = waiter;
    const told = [
      t(`hq.priority.${priority}`),
      tCount("queue.waits", minutesSince(since, this.now)),
      language === null ? "" : showLanguage(language),
      speaks ? "" : t("hq.otherLanguage"),
      skill === null ? "" : t("hq.skill", { skill }),
      fits ? "" : t("hq.otherSkill"),
      t(`hq.is.${readinessOf(waiter)}`),
    ];
    return html`<li class="row" data-testid="hq-waiter" data-priority=${priority}>
      <div class="row-main">
        <h2>${title}</h2>
        <p class="hint">${told.filter((one) => one !== "").join(" · ")}</p>
      </div>
      <button
        type="button"
        class="button small"
        aria-label=${t("hq.takeLong", { clinic: title })}
        aria-disabled=${!waiter.present}
        data-testid="hq-take"
        @click=${() => this.#take(waiter)}
      >
        ${t("hq.take")}
      </button>
    </li>`;
  }

  #back(place: Place): TemplateResult {
    return html`<li class="row" data-testid="hq-taken">
      <div class="row-main">
        <h2>${place.title}</h2>
        <p class="hint">${t("hq.yours")}</p>
      </div>
      <button type="button" class="button small primary" data-testid="hq-return" @click=${() => this.#enter(place)}>
        ${t("hq.return")}
      </button>
    </li>`;
  }

  #visit(place: Place): TemplateResult {
    return html`<hc-visit
      .entrance=${this.#entrance}
      .announcer=${this.announcer}
      .aside=${this.#panel(place)}
      .onward=${{ label: t("hq.toQueue"), run: () => this.#leave() }}
      @screen=${(event: CustomEvent<VisitScreen>) => this.tell("call", event.detail === "call")}
    ></hc-visit>`;
  }

  #panel(place: Place): TemplateResult {
    const { client } = this;
    const button = (testid: string, label: string, run: () => void): TemplateResult =>
      html`<button type="button" class="button small" data-testid=${testid} @click=${run}>${label}</button>`;
    return html`<section class="section" aria-label=${t("hq.panel")}>
      ${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
      <div class="row-actions">
        ${button("hq-admit", t("hq.admitOthers"), () => void this.attempt(() => admitOthers(client, place)))}
        ${button("hq-put-back", t("hq.putBack"), () => void this.#finish(() => putBack(client, place)))}
        ${button("hq-end", t("visit.end"), () => void this.#finish(() => endVisit(client, place)))}
      </div>
    </section>`;
  }

  async #takeNext(): Promise<void> {
    await this.attempt(async () => this.#enter(await takeNext(this.client)));
  }

  /** Of two who take the same one, one hears that the other was faster. */
  async #take(waiter: HqWaiter): Promise<void> {
    if (!waiter.present) return;
    const was = await this.attempt(async () => {
      await take(this.client, waiter, location.href);
      this.#enter(waiter);
    });
    if (!was) await this.#look();
  }

  #enter(place: Place): void {
    this.#entrance = {
      admit: () => take(this.client, place, location.href),
      name: this.who.name ?? "",
      host: place.title === "" ? this.who.title : place.title,
    };
    this.taken = place;
  }

  async #finish(action: () => Promise<void>): Promise<void> {
    if (await this.attempt(action)) await this.#leave();
  }

  async #leave(): Promise<void> {
    this.taken = undefined;
    this.tell("call", false);
    await this.#look();
    await this.keepFocus();
  }

  /** False when that did not work. What was done wrong before stays to be read. */
  async #look(): Promise<boolean> {
    if (this.taken !== undefined) return true;
    try {
      await this.load();
      return true;
    } catch (error) {
      this.failure = explain(error);
      return false;
    } finally {
      this.loading = false;
    }
  }
}
