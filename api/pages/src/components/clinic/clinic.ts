/** The clinic's part of the page: who is there, and which screen is theirs. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import { Client } from "../../clinic/client";
import type { Opened, Who } from "../../clinic/people";
import { explain, isSignedOut, Problem } from "../../clinic/problem";
import { visitHash, type Route } from "../../route";
import { setTitle, speakAsRecorded } from "../../speech";
import { t } from "../../texts/lookup";
import { card } from "../farewell";
import { notice } from "../notice";
import { View } from "../view";
import "./answer";
import "./link-entry";
import "./office";
import "./set-up";
import "./sign-in";
import "./waiting-room";

type Screen = "answer" | "asking" | "failed" | "signIn" | "setUp" | "entry" | "in" | "over";

/** Tells `absent` when the server has no clinic, `call` with whether one is in a call. */
@customElement("hc-clinic")
export class ClinicView extends View {
  @property({ attribute: false }) route!: Route;
  @property({ attribute: false }) announcer!: Announcer;
  @state() private screen: Screen = "asking";
  @state() private who: Who | undefined;
  @state() private opened: Opened | undefined;
  @state() private reason: string | undefined; // why one is signed out, or nothing can be shown

  readonly #client = new Client(location.href);

  override connectedCallback(): void {
    super.connectedCallback();
    this.#client.addEventListener("signed-out", (event) =>
      this.#signedOut((event as MessageEvent<Problem>).data),
    );
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("route")) return;
    if (this.route.to === "answer") {
      this.screen = "answer";
      void speakAsRecorded(this.route.language);
    } else if (this.route.to === "link") {
      void this.#open(this.route.token);
    } else if (this.who === undefined) {
      void this.#recognise();
    }
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("screen")) return;
    if (this.screen !== "in") setTitle(() => t("page.title"));
    if (changed.get("screen") !== undefined) void this.#focusHeading();
  }

  protected override render(): TemplateResult | typeof nothing {
    switch (this.screen) {
      case "answer":
        return this.#answer();
      case "asking":
        return card(html`<h1 tabindex="-1">${t("clinic.asking")}</h1>`);
      case "failed":
        return this.#failed();
      case "signIn":
        return html`<hc-sign-in
          .client=${this.#client}
          .reason=${this.reason}
          @entered=${() => this.#enter()}
        ></hc-sign-in>`;
      case "setUp":
        return html`<hc-set-up
          .client=${this.#client}
          .token=${this.#token}
          .opened=${this.opened}
          @entered=${() => this.#enter()}
        ></hc-set-up>`;
      case "entry":
        return html`<hc-link-entry
          .client=${this.#client}
          .token=${this.#token}
          @entered=${(event: CustomEvent<string | null>) => this.#enter(event.detail)}
        ></hc-link-entry>`;
      case "over":
        return card(
          html`<h1 tabindex="-1">${t("over.heading")}</h1>
            <p class="lead" data-testid="reason">${this.reason}</p>
            <p>${t("over.again")}</p>`,
        );
      case "in":
        return this.#inside();
    }
  }

  #inside(): TemplateResult | typeof nothing {
    const told = {
      call: (event: CustomEvent<boolean>): void => this.tell("call", event.detail),
      leave: (): void => void this.#signOut(),
    };
    if (this.who?.kind === "staff") {
      return html`<hc-office
        .client=${this.#client}
        .who=${this.who}
        .route=${this.route}
        .announcer=${this.announcer}
        @call=${told.call}
        @sign-out=${told.leave}
        @idle=${() => this.#signOut(t("clinic.problem.idle"))}
      ></hc-office>`;
    }
    return html`<hc-waiting-room
      .client=${this.#client}
      .who=${this.who}
      .route=${this.route}
      .announcer=${this.announcer}
      @call=${told.call}
      @sign-out=${told.leave}
    ></hc-waiting-room>`;
  }

  #answer(): TemplateResult | typeof nothing {
    if (this.route.to !== "answer") return nothing;
    return html`<hc-answer
      .client=${this.#client}
      .token=${this.route.token}
      .meetingId=${this.route.id}
    ></hc-answer>`;
  }

  #failed(): TemplateResult {
    const action = { label: t("problem.retry"), run: () => void this.#recognise() };
    return card(
      html`<h1 tabindex="-1">${t("clinic.failedHeading")}</h1>
        ${notice({ tone: "error", text: this.reason ?? t("clinic.failed"), testid: "error-message", action })}`,
    );
  }

  get #token(): string {
    return this.route.to === "link" ? this.route.token : "";
  }

  /** A link of staff tells what it is for; one of a patient or guest is opened by a click. */
  async #open(token: string): Promise<void> {
    this.who = undefined;
    try {
      this.opened = await this.#client.ask<Opened>("POST", "/links/open", { body: { token } });
      this.screen = "setUp";
    } catch (error) {
      if (error instanceof Problem && error.kind === "link_not_good") this.screen = "entry";
      else this.#fail(error);
    }
  }

  async #recognise(): Promise<void> {
    this.screen = "asking";
    try {
      this.who = await this.#client.ask<Who>("GET", "/sessions/current");
      await speakAsRecorded(this.who.language);
      this.screen = "in";
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.tell("absent");
      else if (!isSignedOut(error)) this.#fail(error);
    }
  }

  /** The link has served: it goes out of the address, and out of what is kept of the tab. `visit`:
   * to which it was an invitation. */
  async #enter(visit: string | null = null): Promise<void> {
    this.reason = undefined;
    if (this.route.to !== "link") await this.#recognise();
    else location.replace(visit === null ? "#/" : visitHash(visit));
  }

  async #signOut(reason?: string): Promise<void> {
    const ended = this.#client.ask("DELETE", "/sessions/current");
    await ended.catch(() => undefined); // over already, or it will be by itself
    this.#show(reason ?? t("clinic.problem.signed_off"));
  }

  #signedOut(problem: Problem): void {
    this.#show(problem.kind === "not_signed_in" ? undefined : explain(problem));
  }

  #show(reason: string | undefined): void {
    const isStaff = this.who === undefined || this.who.kind === "staff";
    if (this.screen !== "signIn" && this.screen !== "over") this.reason = reason;
    this.who = undefined;
    this.screen = isStaff ? "signIn" : "over";
  }

  #fail(error: unknown): void {
    this.reason = explain(error);
    this.screen = "failed";
  }

  async #focusHeading(): Promise<void> {
    const child = this.querySelector<View>("hc-sign-in, hc-set-up, hc-link-entry, hc-answer");
    await child?.updateComplete;
    this.querySelector<HTMLElement>("h1")?.focus();
  }
}
