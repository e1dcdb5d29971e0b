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

export abstract class DialogForm extends FormView {
  @property({ attribute: false }) client!: Client;
  @state() private opening = 0;

  protected abstract readonly texts: DialogTexts;
  protected abstract fields(): TemplateResult | typeof nothing;
  protected abstract save(entered: Entered, form: HTMLFormElement): Promise<void>;

  async show(): Promise<void> {
    this.opening += 1;
    this.wrong = {};
    this.failure = undefined;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  protected close(): void {
    this.querySelector("dialog")?.close();
  }

  protected override render(): TemplateResult {
    const id = `${this.localName}-heading`;
    return html`<dialog class="dialog" aria-labelledby=${id} data-testid="form-dialog">
      <h2 id=${id}>${this.texts.heading}</h2>
      ${this.opening === 0 ? nothing : keyed(this.opening, this.#form())}
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
