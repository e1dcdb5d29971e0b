/** A one-time link, or a key, shown once: to be copied and sent by whatever way reaches its person. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Link } from "../../clinic/people";
import { showMoment } from "../../clinic/when";
import { copyText } from "../../clipboard";
import { t } from "../../texts/lookup";
import { icon } from "../icons";
import { View } from "../view";

interface Heading {
  readonly heading: string;
  readonly text: string; // for whom it is, and what it does
}

export interface ShownLink extends Heading {
  readonly link: Link;
}

/** What else is shown once, in place of a link. */
export interface ShownSecret extends Heading {
  readonly value: string;
  readonly label: string;
  readonly hint: string;
}

@customElement("hc-link-dialog")
export class LinkDialog extends View {
  @property({ attribute: false }) announcer!: Announcer;
  @state() private shown: ShownSecret | undefined;
  @state() private copied = false;

  async show(shown: ShownLink | ShownSecret): Promise<void> {
    this.shown = "link" in shown ? asSecret(shown) : shown;
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

  #content({ heading, text, value, label, hint }: ShownSecret): TemplateResult {
    return html`<h2 id="link-heading">${heading}</h2>
      <p>${text}</p>
      <label class="field">
        <span class="field-label">${label}</span>
        <input
          type="text"
          readonly
          .value=${value}
          data-testid="link-url"
          @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()}
        />
        <span class="hint">${hint}</span>
      </label>
      <button
        type="button"
        class="button primary"
        data-testid="link-copy"
        @click=${() => this.#copy(value)}
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

function asSecret({ link, heading, text }: ShownLink): ShownSecret {
  const hint = t("link.until", { when: showMoment(link.expiresAt) });
  return { heading, text, value: link.url, label: t("link.label"), hint };
}
