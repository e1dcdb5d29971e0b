/** Notices whether somebody is there, tells the server, and asks before the session ends. */

import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Client } from "../../clinic/client";
import { Idle } from "../../clinic/idle";
import { t } from "../../texts/lookup";
import { View } from "../view";

const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

/** Tells `over` when nobody was there for too long. */
@customElement("hc-idle-watch")
export class IdleWatch extends View {
  @property({ attribute: false }) client!: Client;
  @state() private warned = false;

  readonly #idle = new Idle(Date.now());
  #left = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#left = new AbortController();
    const { signal } = this.#left;
    for (const sign of SIGNS) {
      document.addEventListener(sign, () => this.#active(), { signal, passive: true });
    }
    // A machine that slept has run no timer.
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    this.#active();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#left.abort();
    clearTimeout(this.#timer);
  }

  protected override render(): TemplateResult {
    return html`<dialog
      class="dialog"
      aria-labelledby="idle-heading"
      aria-describedby="idle-text"
      data-testid="idle-dialog"
      @cancel=${() => this.#active()}
    >
      <h2 id="idle-heading">${t("idle.heading")}</h2>
      <p id="idle-text">${t("idle.text")}</p>
      <form method="dialog">
        <button type="submit" class="button primary">${t("idle.stay")}</button>
      </form>
    </dialog>`;
  }

  protected override updated(): void {
    const dialog = this.querySelector("dialog");
    if (this.warned && dialog?.open === false) dialog.showModal();
    if (!this.warned && dialog?.open === true) dialog.close();
  }

  #active(): void {
    const now = Date.now();
    if (this.#idle.state(now) === "over") return this.#look(); // too late
    if (this.#idle.receiveActivity(now)) {
      this.client.ask("GET", "/sessions/current").catch(() => undefined);
    }
    this.#look();
  }

  #look(): void {
    const now = Date.now();
    const state = this.#idle.state(now);
    this.warned = state === "warned";
    clearTimeout(this.#timer);
    if (state === "over") return this.tell("over");
    this.#timer = setTimeout(() => this.#look(), this.#idle.nextChange(now));
  }
}
