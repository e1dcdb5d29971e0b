/** Hand the invitation on: copy the link, or show it where the browser forbids copying. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { copyText } from "../clipboard";
import { t } from "../texts/lookup";
import { icon } from "./icons";
import { View } from "./view";

const SHOWN = 4000; // ms that the confirmation stands

/** Tells `copied`. */
@customElement("hc-invitation-link")
export class InvitationLink extends View {
  @property({ attribute: false }) link = "";
  @state() private confirmed = false;

  #timer: ReturnType<typeof setTimeout> | undefined;

  async copy(): Promise<void> {
    if (await copyText(this.link)) this.#confirm();
    else this.#showByHand();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override render(): TemplateResult {
    return html`${
        this.confirmed
          ? html`<p class="toast" data-testid="link-copied">
              ${icon("invite")} ${t("invite.copied")}
            </p>`
          : nothing
      }
      <dialog class="dialog" aria-labelledby="invite-heading">
        <h2 id="invite-heading">${t("invite.heading")}</h2>
        <label class="field">
          <span class="field-label">${t("invite.byHand")}</span>
          <input type="text" readonly .value=${this.link} @focus=${selectAll} />
        </label>
        <form method="dialog">
          <button type="submit" class="button primary">${t("settings.close")}</button>
        </form>
      </dialog>`;
  }

  #confirm(): void {
    this.tell("copied");
    this.confirmed = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.confirmed = false), SHOWN);
  }

  #showByHand(): void {
    this.querySelector("dialog")?.showModal();
  }
}

function selectAll(event: FocusEvent): void {
  (event.target as HTMLInputElement).select();
}
