/** Choose one patient by the words of a name. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Client } from "../../clinic/client";
import type { Found, Patient } from "../../clinic/people";
import { explain } from "../../clinic/problem";
import { showDate } from "../../clinic/when";
import { t, tCount } from "../../texts/lookup";
import { View } from "../view";

const PAUSE = 250; // ms after the last key, before the server is asked
const SHOWN = 6; // more are found by more words

/** Radio buttons named `patientId`, for the form that it stands in. */
@customElement("hc-patient-picker")
export class PatientPicker extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) wrong: string | undefined;
  @state() private found: readonly Patient[] = [];
  @state() private more = false;
  @state() private failure: string | undefined;

  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#search("");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override render(): TemplateResult {
    return html`<fieldset class="group">
      <legend>${t("visit.patient")}</legend>
      <label class="field">
        <span class="field-label">${t("patients.search")}</span>
        <input
          type="search"
          autocomplete="off"
          maxlength="200"
          aria-describedby="picker-note"
          data-testid="picker-search"
          @input=${(event: InputEvent) => this.#type((event.target as HTMLInputElement).value)}
        />
      </label>
      <p id="picker-note" class="hint ${this.wrong === undefined ? "" : "wrong"}" role="status">
        ${this.#note}
      </p>
      ${this.found.map((patient) => radio(patient))}
    </fieldset>`;
  }

  get #note(): string {
    if (this.failure !== undefined) return this.failure;
    if (this.wrong !== undefined) return t("visit.choosePatient");
    if (this.more) return t("patients.more");
    return tCount("patients.found", this.found.length);
  }

  #type(text: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#search(text), PAUSE);
  }

  async #search(text: string): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    const body = { text: text.trim(), limit: SHOWN };
    try {
      const found = await this.client.ask<Found<Patient>>("POST", "/patients/search", { body });
      if (asked !== this.#asked) return; // the answer to an older question
      this.found = found.items;
      this.more = found.more;
      this.failure = undefined;
    } catch (error) {
      this.failure = explain(error);
    }
  }
}

function radio({ id, name, birthDate, reference }: Patient): TemplateResult {
  const more = [birthDate === null ? null : showDate(birthDate), reference].filter((x) => x !== null);
  return html`<label class="check">
    <input type="radio" name="patientId" value=${id} required data-testid="picker-choice" />
    <span>${name}</span>
    ${more.length === 0 ? nothing : html`<span class="hint">${more.join(" · ")}</span>`}
  </label>`;
}
