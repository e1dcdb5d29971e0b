/** A form in a dialog: empty at each opening, and open until the server has taken it. */

import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import type { Client } from "../../clinic/client";
import { t } from "../../texts/lookup";
import { FormView, type Entered } from "../form-view";

export interface DialogTexts {
  readonly heading: string;
  readonly button: string;
}

let count = 0;

export abstract class DialogForm extends FormView {
  @property({ attribute: false }) client!: Client;
  @state() private opening = 0;
  @state() private isOpen = false; // of a closed one nothing stays: fields of others have its names

  readonly #headingId = `form-${(count += 1)}-heading`; // a page may have several of one kind

  protected abstract readonly texts: DialogTexts;
  protected abstract fields(): TemplateResult | typeof nothing;
  protected abstract save(entered: Entered, form: HTMLFormElement): Promise<void>;

  async show(): Promise<void> {
    this.opening += 1;
    this.isOpen = true;
    this.wrong = {};
    this.failure = undefined;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  protected close(): void {
    this.querySelector("dialog")?.close();
  }

  protected override render(): TemplateResult {
    const id = this.#headingId;
    return html`<dialog
      class="dialog"
      aria-labelledby=${id}
      data-testid="form-dialog"
      @close=${() => (this.isOpen = false)}
    >
      <h2 id=${id}>${this.texts.heading}</h2>
      ${this.isOpen ? keyed(this.opening, this.#form()) : nothing}
    </dialog>`;
  }

  #form(): TemplateResult {
    return html`<form
      class="stacked"
      novalidate
      @submit=${(event: SubmitEvent) => this.submit(event, (all, form) => this.save(all, form))}
    >
      ${this.fields()} ${this.failureNotice()}
      <div class="form-buttons">
        <button type="button" class="button" data-testid="cancel-button" @click=${() => this.close()}>
          ${t("form.cancel")}
        </button>
        ${this.submitButton(this.texts.button, t("form.busy"))}
      </div>
    </form>`;
  }
}
