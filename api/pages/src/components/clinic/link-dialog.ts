/** A one-time link, shown once: to be copied and sent by whatever way reaches its person. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Link } from "../../clinic/people";
import { showMoment } from "../../clinic/when";
import { copyText } from "../../clipboard";
import { t } from "../../texts/lookup";
import { icon } from "../icons";
import { View } from "../view";

export interface ShownLink {
  readonly link: Link;
  readonly heading: string;
  readonly text: string; // for whom it is, and what it does
}

@customElement("hc-link-dialog")
export class LinkDialog extends View {
  @property({ attribute: false }) announcer!: Announcer;
  @state() private shown: ShownLink | undefined;
  @state() private copied = false;

  async show(shown: ShownLink): Promise<void> {
    this.shown = shown;
    this.copied = false;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    return html`<dialog
      class="dialog"
      aria-labelledby="link-heading"
      data-testid="link-dialog"
      @close=${() => (this.shown = undefined)}
    >
      ${this.shown === undefined ? nothing : this.#content(this.shown)}
      <form method="dialog">
        <button type="submit" class="button" data-testid="link-close">
          ${t("settings.close")}
        </button>
      </form>
    </dialog>`;
  }

  #content({ link, heading, text }: ShownLink): TemplateResult {
    return html`<h2 id="link-heading">${heading}</h2>
      <p>${text}</p>
      <label class="field">
        <span class="field-label">${t("link.label")}</span>
        <input
          type="text"
          readonly
          .value=${link.url}
          data-testid="link-url"
          @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()}
        />
        <span class="hint">${t("link.until", { when: showMoment(link.expiresAt) })}</span>
      </label>
      <button
        type="button"
        class="button primary"
        data-testid="link-copy"
        @click=${() => this.#copy(link.url)}
      >
        ${icon("invite")} ${t(this.copied ? "link.copied" : "link.copy")}
      </button>`;
  }

  async #copy(url: string): Promise<void> {
    this.copied = await copyText(url);
    this.announcer.say(t(this.copied ? "link.copied" : "invite.byHand"));
    if (!this.copied) this.querySelector<HTMLElement>("[data-testid=link-url]")?.focus();
  }
}
