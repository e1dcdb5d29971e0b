/** Asks before something is done that cannot be undone. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { t } from "../texts/lookup";
import { View } from "./view";

export interface Question {
  readonly heading: string;
  readonly text: string;
  readonly yes: string;
}

let count = 0;

@customElement("hc-confirm")
export class Confirm extends View {
  @state() private question: Question | undefined;

  readonly #id = `confirm-${(count += 1)}`; // a page may have several
  #answer: (yes: boolean) => void = () => undefined;

  /** Resolves once somebody has chosen; Escape is a no. */
  async ask(question: Question): Promise<boolean> {
    this.question = question;
    await this.updateComplete;
    const dialog = this.querySelector("dialog");
    if (dialog !== null) dialog.returnValue = "";
    dialog?.showModal();
    return new Promise((resolve) => (this.#answer = resolve));
  }

  protected override render(): TemplateResult {
    return html`<dialog
      class="dialog"
      role="alertdialog"
      aria-labelledby="${this.#id}-heading"
      aria-describedby="${this.#id}-text"
      data-testid="confirm-dialog"
      @close=${(event: Event) => this.#answer((event.target as HTMLDialogElement).returnValue === "yes")}
    >
      ${this.question === undefined ? nothing : content(this.question, this.#id)}
    </dialog>`;
  }
}

function content({ heading, text, yes }: Question, id: string): TemplateResult {
  return html`<h2 id="${id}-heading">${heading}</h2>
    <p id="${id}-text">${text}</p>
    <form method="dialog" class="form-buttons">
      <button type="submit" class="button" value="no" autofocus data-testid="confirm-no">
        ${t("form.cancel")}
      </button>
      <button type="submit" class="button danger" value="yes" data-testid="confirm-yes">${yes}</button>
    </form>`;
}
