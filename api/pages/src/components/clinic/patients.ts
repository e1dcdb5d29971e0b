/** Patients: find, add, change, and give them the link that they come in by. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Glass } from "../../clinic/care";
import { may, type Found, type Link, type Patient } from "../../clinic/people";
import { showDate, showTime } from "../../clinic/when";
import { t, tCount } from "../../texts/lookup";
import { notice } from "../notice";
import type { ChartDialog } from "./chart-dialog";
import "./glass-form";
import type { GlassForm } from "./glass-form";
import "./link-dialog";
import type { LinkDialog } from "./link-dialog";
import { ListView } from "./list-view";
import "./patient-form";
import type { PatientForm } from "./patient-form";
import "./team-dialog";
import type { TeamDialog } from "./team-dialog";
import "./texting-dialog";
import type { TextingDialog } from "./texting-dialog";

const PAUSE = 250; // ms after the last key, before the server is asked

@customElement("hc-patients")
export class Patients extends ListView {
  @state() private patients: readonly Patient[] = [];
  @state() private more = false;
  @state() private opened: string | undefined; // by breaking the glass, and until when

  #text = "";
  #asked = 0; // searches so far: the answer to an older one is not shown
  #timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override async load(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    const body = { text: this.#text };
    const found = await this.client.ask<Found<Patient>>("POST", "/patients/search", { body });
    if (asked !== this.#asked) return;
    this.patients = found.items;
    this.more = found.more;
  }

  protected override render(): TemplateResult {
    return html`<div class="page-head">
        <h1 tabindex="-1">${t("page.patients")}</h1>
        <div class="row-actions">
          ${may(this.who, "break_glass") ? this.#glassButton() : nothing}
          ${this.#mayChange ? this.#addButton() : nothing}
        </div>
      </div>
      ${this.opened === undefined ? nothing : notice({ tone: "warning", quiet: true, text: this.opened, testid: "glass-opened" })}
      <search>${this.#searchField()}</search>
      ${this.failureNotice()}
      ${this.emptyOr(
        this.patients.length,
        t(this.#text === "" ? "patients.none" : "patients.notFound"),
        () => this.#rows(),
      )}
      <hc-patient-form
        .client=${this.client}
        @saved=${() => this.#saved()}
      ></hc-patient-form>
      <hc-team-dialog .client=${this.client} .announcer=${this.announcer}></hc-team-dialog>
      <hc-texting-dialog .client=${this.client} .announcer=${this.announcer}></hc-texting-dialog>
      <hc-glass-form
        .client=${this.client}
        @opened=${(event: CustomEvent<Glass>) => this.#opened(event.detail)}
      ></hc-glass-form>
      <hc-chart-dialog
        .client=${this.client}
        .who=${this.who}
        .announcer=${this.announcer}
      ></hc-chart-dialog>
      <hc-link-dialog .announcer=${this.announcer}></hc-link-dialog>`;
  }

  get #mayOpen(): boolean {
    return may(this.who, "files.read") && may(this.who, "meetings.read");
  }

  get #mayChange(): boolean {
    return may(this.who, "patients.change");
  }

  #glassButton(): TemplateResult {
    return html`<button
      type="button"
      class="button"
      data-testid="break-glass"
      @click=${() => this.querySelector<GlassForm>("hc-glass-form")?.show()}
    >
      ${t("glass.button")}
    </button>`;
  }

  #addButton(): TemplateResult {
    return html`<button
      type="button"
      class="button primary"
      data-testid="add-patient"
      @click=${() => this.querySelector<PatientForm>("hc-patient-form")?.show()}
    >
      ${t("patients.add")}
    </button>`;
  }

  #searchField(): TemplateResult {
    return html`<label class="field">
      <span class="field-label">${t("patients.search")}</span>
      <input
        type="search"
        autocomplete="off"
        maxlength="200"
        aria-describedby="search-hint"
        data-testid="patient-search"
        @input=${(event: InputEvent) => this.#search((event.target as HTMLInputElement).value)}
      />
      <span id="search-hint" class="hint">${t("patients.searchHint")}</span>
    </label>`;
  }

  #rows(): TemplateResult {
    return html`<ul class="rows">
        ${repeat(
          this.patients,
          ({ id }) => id,
          (patient) => this.#row(patient),
        )}
      </ul>
      ${this.more ? html`<p class="hint">${t("patients.more")}</p>` : nothing}`;
  }

  #row(patient: Patient): TemplateResult {
    return html`<li class="row" data-testid="patient">
      <div class="row-main">
        <h2>${patient.name}</h2>
        <p class="hint">${detailsOf(patient)}</p>
      </div>
      ${patient.restricted ? html`<span class="tag">${t("patients.restricted")}</span>` : nothing}
      <div class="row-actions">
        ${this.#mayOpen ? this.#chartButton(patient) : nothing}
        ${this.#mayChange ? this.#actions(patient) : nothing}
      </div>
    </li>`;
  }

  #actions(patient: Patient): TemplateResult {
    const { name } = patient;
    return html`${patient.restricted ? this.#teamButton(patient) : nothing}
      ${patient.phone === null ? nothing : this.#textingButton(patient)}
      <button
        type="button"
        class="button small"
        aria-label=${t("patients.linkFor", { name })}
        data-testid="patient-link"
        @click=${() => this.#makeLink(patient)}
      >
        ${t("patients.link")}
      </button>
      <button
        type="button"
        class="button small"
        aria-label=${t("patients.editLong", { name })}
        data-testid="edit-patient"
        @click=${() => this.querySelector<PatientForm>("hc-patient-form")?.show(patient)}
      >
        ${t("patients.edit")}
      </button>`;
  }

  #chartButton(patient: Patient): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t("chart.openLong", { name: patient.name })}
      data-testid="patient-chart"
      @click=${() => void this.#openChart(patient)}
    >
      ${t("chart.open")}
    </button>`;
  }

  async #openChart(patient: Patient): Promise<void> {
    await this.attempt(async () => {
      await import("./chart-dialog");
      await this.querySelector<ChartDialog>("hc-chart-dialog")?.show(patient);
    });
  }

  #teamButton(patient: Patient): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t("team.buttonLong", { name: patient.name })}
      data-testid="patient-team"
      @click=${() => this.querySelector<TeamDialog>("hc-team-dialog")?.show(patient)}
    >
      ${t("team.button")}
    </button>`;
  }

  #textingButton(patient: Patient): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t("texting.buttonLong", { name: patient.name })}
      data-testid="patient-texting"
      @click=${() => this.querySelector<TextingDialog>("hc-texting-dialog")?.show(patient)}
    >
      ${t("texting.button")}
    </button>`;
  }

  /** The record is in the list from now on, and found by its name. */
  async #opened({ patientId, expiresAt }: Glass): Promise<void> {
    await this.attempt(async () => {
      const { name } = await this.client.ask<Patient>("GET", `/patients/${patientId}`);
      this.opened = t("glass.opened", { name, time: showTime(expiresAt) });
      this.announcer.say(this.opened);
      this.#text = name;
      await this.load();
      const field = this.querySelector<HTMLInputElement>("[data-testid=patient-search]");
      if (field !== null) field.value = name;
    });
  }

  #search(text: string): void {
    this.#text = text.trim();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), PAUSE);
  }

  async #look(): Promise<void> {
    await this.reload();
    this.announcer.say(tCount("patients.found", this.patients.length));
  }

  async #saved(): Promise<void> {
    await this.reload();
    this.announcer.say(t("clinic.saved"));
  }

  async #makeLink(patient: Patient): Promise<void> {
    await this.attempt(async () => {
      const path = `/patients/${patient.id}/links`;
      const link = await this.client.ask<Link>("POST", path, { body: {} });
      const text = t(patient.birthDate === null ? "patients.linkText" : "patients.linkBirthText", {
        name: patient.name,
      });
      const heading = t("patients.linkHeading");
      await this.querySelector<LinkDialog>("hc-link-dialog")?.show({ link, heading, text });
    });
  }
}

function detailsOf({ birthDate, reference, email, phone }: Patient): string {
  const born = birthDate === null ? null : t("patients.born", { date: showDate(birthDate) });
  return [born, reference, email, phone].filter((detail) => detail !== null).join(" · ");
}
