/** The tiles of a call, arranged for the number of people and the room there is. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Person } from "../call/roster";
import { arrangementOf, bestGrid } from "../layout";
import { t } from "../texts/lookup";
import { icon } from "./icons";
import { personTile, screenTile } from "./tile";
import { View } from "./view";

const GAP = 10; // CSS pixels between tiles, as in call.css

/** Tells `invite` when somebody who is alone wants to send the link. */
@customElement("hc-stage")
export class Stage extends View {
  @property({ attribute: false }) people: readonly Person[] = [];

  @property({ attribute: false }) invites = true;

  readonly #size = new ResizeObserver(() => this.#fit());

  override connectedCallback(): void {
    super.connectedCallback();
    this.#size.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#size.disconnect();
  }

  protected override updated(): void {
    this.#fit();
  }

  protected override render(): TemplateResult {
    const screens = this.people.filter(({ screen }) => screen !== undefined);
    const arrangement = arrangementOf(this.people.length, screens.length);
    return html`<div class="stage" data-arrangement=${arrangement}>
      ${
        screens.length === 0
          ? nothing
          : html`<ul class="screens" aria-label=${t("call.screens")}>
              ${repeat(screens, ({ identity }) => identity, screenTile)}
            </ul>`
      }
      <ul class="tiles" aria-label=${t("call.people")} tabindex="0">
        ${repeat(this.people, ({ identity }) => identity, personTile)}
      </ul>
      ${arrangement === "solo" ? this.#waiting() : nothing}
    </div>`;
  }

  #waiting(): TemplateResult {
    return html`<div class="waiting">
      <h2>${t("call.alone")}</h2>
      <p>${t(this.invites ? "call.aloneHint" : "call.aloneInClinic")}</p>
      ${this.invites ? this.#inviteButton() : nothing}
    </div>`;
  }

  #inviteButton(): TemplateResult {
    return html`<button
      type="button"
      class="button"
      data-testid="invite-button"
      @click=${() => this.tell("invite")}
    >
      ${icon("invite")} ${t("control.copyLink")}
    </button>`;
  }

  /** Sizes go through the style object: the policy forbids style attributes. */
  #fit(): void {
    const tiles = this.querySelector<HTMLElement>(".tiles");
    if (tiles === null) return;
    const { width, height } = this.getBoundingClientRect();
    const grid = bestGrid(this.people.length, width, height, GAP);
    tiles.style.setProperty("--tile-width", `${grid.width}px`);
    tiles.style.setProperty("--tile-height", `${grid.height}px`);
    tiles.classList.toggle("scrolls", grid.scrolls);
  }
}
