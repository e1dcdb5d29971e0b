/** What staff have around their pages: where to go, who they are, and a question when they idle. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import { servesAny } from "../../clinic/hq";
import { may, type Who } from "../../clinic/people";
import { pageHash, type Page, type Route } from "../../route";
import { setTitle } from "../../speech";
import { t } from "../../texts/lookup";
import { brand } from "../icons";
import { languageMenu } from "../language-menu";
import { notice } from "../notice";
import { View } from "../view";
import "./day";
import "./house";
import "./idle-watch";
import "./patients";
import "./staff";
import "./staff-visit";
import "./status-banner";

/** One of these permissions is needed for a page. */
const NEEDED: Readonly<Record<Page, readonly string[]>> = {
  day: ["meetings.read"],
  hq: ["meetings.host"],
  calendar: ["meetings.read"],
  patients: ["patients.read"],
  staff: ["staff.read"],
  messages: ["staff.change"],
  clinic: ["staff.change", "keys.change", "audit.read"],
};

/** Pages that few open each time they come: chunks of their own. */
const LOADERS: Partial<Readonly<Record<Page, () => Promise<unknown>>>> = {
  calendar: () => import("./calendar"),
  messages: () => import("./messages"),
};

/** Tells `sign-out`, `idle` when nobody was there for too long, and `call`. */
@customElement("hc-office")
export class Office extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) who!: Who;
  @property({ attribute: false }) route!: Route;
  @property({ attribute: false }) announcer!: Announcer;
  @state() private inCall = false;
  @state() private loaded: ReadonlySet<Page> = new Set(); // of those that are chunks of their own
  @state() private failed: Page | undefined; // it could not be loaded
  @state() private isHq = false; // this workspace serves another one, and it is theirs to do

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.who.role === "owner" || this.who.role === "clinician") void this.#askWhetherHq();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has("route") || this.route.to === "visit") return;
    const page = this.#page;
    setTitle(() => t("page.titled", { page: t(`page.${page}`) }));
    void this.#load(page);
  }

  protected override render(): TemplateResult {
    const watch = this.inCall
      ? nothing // a call counts as activity
      : html`<hc-idle-watch
          .client=${this.client}
          @over=${() => this.tell("idle")}
        ></hc-idle-watch>`;
    const banner = html`<hc-status-banner .client=${this.client}></hc-status-banner>`;
    return html`${banner}${this.route.to === "visit" ? this.#visit(this.route.id) : this.#desk()}${watch}`;
  }

  #visit(id: string): TemplateResult {
    return html`<hc-staff-visit
      .client=${this.client}
      .who=${this.who}
      .meetingId=${id}
      .announcer=${this.announcer}
      @call=${(event: CustomEvent<boolean>) => this.#tellCall(event.detail)}
    ></hc-staff-visit>`;
  }

  #desk(): TemplateResult {
    return html`<div class="office">
      <header class="office-head">
        ${brand(this.who.title)}
        <nav aria-label=${t("office.pages")}>
          <ul class="office-nav">
            ${this.#pages.map((page) => this.#link(page))}
          </ul>
        </nav>
        <div class="office-who">
          ${languageMenu()}
          <span data-testid="who">${this.who.name}</span>
          <button
            type="button"
            class="button small"
            data-testid="sign-out-button"
            @click=${() => this.tell("sign-out")}
          >
            ${t("office.signOut")}
          </button>
        </div>
      </header>
      <main class="office-main">${this.#content()}</main>
    </div>`;
  }

  #link(page: Page): TemplateResult {
    return html`<li>
      <a
        href=${pageHash(page)}
        aria-current=${page === this.#page ? "page" : nothing}
        data-testid="nav-${page}"
        >${t(`page.${page}`)}</a
      >
    </li>`;
  }

  #content(): TemplateResult {
    const page = this.#page;
    if (page === this.failed) return this.#again(page);
    if (LOADERS[page] !== undefined && !this.loaded.has(page)) {
      return html`<p class="lead" aria-busy="true">${t("clinic.asking")}</p>`;
    }
    switch (page) {
      case "day":
        return html`<hc-day
          .client=${this.client}
          .who=${this.who}
          .announcer=${this.announcer}
        ></hc-day>`;
      case "hq":
        return html`<hc-hq
          .client=${this.client}
          .who=${this.who}
          .announcer=${this.announcer}
          @call=${(event: CustomEvent<boolean>) => this.#tellCall(event.detail)}
        ></hc-hq>`;
      case "calendar":
        return html`<hc-calendar
          .client=${this.client}
          .who=${this.who}
          .announcer=${this.announcer}
        ></hc-calendar>`;
      case "messages":
        return html`<hc-messages
          .client=${this.client}
          .who=${this.who}
          .announcer=${this.announcer}
        ></hc-messages>`;
      case "patients":
        return html`<hc-patients
          .client=${this.client}
          .who=${this.who}
          .announcer=${this.announcer}
        ></hc-patients>`;
      case "staff":
        return html`<hc-staff
          .client=${this.client}
          .who=${this.who}
          .announcer=${this.announcer}
        ></hc-staff>`;
      case "clinic":
        return html`<hc-house
          .client=${this.client}
          .who=${this.who}
          .announcer=${this.announcer}
          @agreed=${() => void this.#askWhetherHq()}
        ></hc-house>`;
    }
  }

  get #pages(): Page[] {
    const all = Object.entries(NEEDED) as Array<[Page, readonly string[]]>;
    return all
      .filter(([page, needed]) => needed.some((one) => may(this.who, one)) && (page !== "hq" || this.isHq))
      .map(([page]) => page);
  }

  /** What the address names, if one may see it; else the first that one may. */
  get #page(): Page {
    const wanted = this.route.to === "page" ? this.route.page : "day";
    return this.#pages.includes(wanted) ? wanted : (this.#pages[0] ?? "staff");
  }

  /** Few are: only they load the page. */
  async #askWhetherHq(): Promise<void> {
    const serves = await servesAny(this.client);
    if (serves) await import("./hq");
    this.isHq = serves;
  }

  #tellCall(inCall: boolean): void {
    this.inCall = inCall;
    this.tell("call", inCall);
  }

  #again(page: Page): TemplateResult {
    const action = { label: t("problem.retry"), run: () => void this.#load(page) };
    const text = t("clinic.problem.unreachable");
    return html`<h1 tabindex="-1">${t(`page.${page}`)}</h1>
      ${notice({ tone: "error", text, testid: "error-message", action })}`;
  }

  /** Most are there already. */
  async #load(page: Page): Promise<void> {
    try {
      await LOADERS[page]?.();
      this.loaded = new Set([...this.loaded, page]);
      this.failed = undefined;
    } catch {
      this.failed = page;
    }
    if (page === this.#page) await this.#focusHeading();
  }

  async #focusHeading(): Promise<void> {
    await this.updateComplete;
    await this.querySelector<View>(".office-main > *")?.updateComplete;
    this.querySelector<HTMLElement>("h1")?.focus();
  }
}
