/** Whether a patient may be sent text messages: what was said of it, and noting it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import { noteTexting, readTexting, type Method, type TextReceipt, type Texting } from "../../clinic/deliveries";
import type { Patient } from "../../clinic/people";
import { explain } from "../../clinic/problem";
import { showMoment } from "../../clinic/when";
import { t } from "../../texts/lookup";
import { choice } from "../field";
import { notice } from "../notice";
import { View } from "../view";

@customElement("hc-texting-dialog")
export class TextingDialog extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) announcer!: Announcer;
  @state() private patient: Patient | undefined;
  @state() private texting: Texting | undefined;
  @state() private failure: string | undefined;
  @state() private busy = false;

  async show(patient: Patient): Promise<void> {
    this.patient = patient;
    this.texting = undefined;
    await this.#try(() => readTexting(this.client, patient.id));
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    return html`<dialog class="dialog" aria-labelledby="texting-heading" data-testid="texting-dialog">
      ${this.patient === undefined ? nothing : this.#content(this.patient)}
      <form method="dialog" class="form-buttons">
        <button type="submit" class="button" autofocus data-testid="texting-close">${t("form.close")}</button>
      </form>
    </dialog>`;
  }

  #content(patient: Patient): TemplateResult {
    const { texting, failure } = this;
    return html`<h2 id="texting-heading">${t("texting.heading", { name: patient.name })}</h2>
      <p>${t("texting.text")}</p>
      ${failure === undefined ? nothing : notice({ tone: "error", text: failure, testid: "error-message" })}
      ${texting === undefined ? nothing : this.#state(patient, texting)}`;
  }

  #state(patient: Patient, texting: Texting): TemplateResult {
    const { number, mayBeTexted, receipts } = texting;
    if (number === null) return html`<p data-testid="no-number">${t("clinic.problem.no_number")}</p>`;
    return html`<p data-testid="may-be-texted" data-given=${mayBeTexted}>
        <strong>${t(mayBeTexted ? "texting.may" : "texting.mayNot", { number })}</strong>
      </p>
      ${this.#noting(patient, mayBeTexted)}
      ${receipts.length === 0 ? nothing : html`<ul class="rows">${receipts.map((one) => receipt(one))}</ul>`}`;
  }

  #noting(patient: Patient, mayBeTexted: boolean): TemplateResult {
    const note = (event: SubmitEvent): void => {
      event.preventDefault();
      const method = new FormData(event.currentTarget as HTMLFormElement).get("method") as Method;
      void this.#note(patient, !mayBeTexted, method);
    };
    return html`<form class="stacked" @submit=${note}>
      ${choice({ name: "method", label: t("note.method") }, [
        { value: "voice", label: t("note.voice") },
        { value: "signature", label: t("note.signature") },
      ])}
      <div class="form-buttons">
        <button type="submit" class="button primary" aria-disabled=${this.busy} data-testid="note-texting">
          ${t(mayBeTexted ? "texting.takeBack" : "texting.give")}
        </button>
      </div>
    </form>`;
  }

  async #note(patient: Patient, given: boolean, method: Method): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    await this.#try(async () => {
      const texting = await noteTexting(this.client, patient.id, given, method);
      this.announcer.say(t("clinic.saved"));
      return texting;
    });
    this.busy = false;
    await this.keepFocus("[data-testid=texting-close]");
  }

  async #try(action: () => Promise<Texting>): Promise<void> {
    try {
      this.texting = await action();
      this.failure = undefined;
    } catch (error) {
      this.failure = explain(error);
    }
  }
}

function receipt({ given, phone, method, at }: TextReceipt): TemplateResult {
  const text = t(given ? "texting.gave" : "texting.tookBack", { number: phone });
  return html`<li class="row" data-testid="text-receipt" data-given=${given}>
    <div class="row-main">
      <strong>${text}</strong>
      <p class="hint">${showMoment(at)} · ${t(`texting.${method}`)}</p>
    </div>
  </li>`;
}
