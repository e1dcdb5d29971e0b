/** A patient's chart: visits with who was there and what was agreed to, and the folder of files.
 * A chunk of its own, that comes with the first chart that somebody opens. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import {
  addFile,
  contentPath,
  deleteFile,
  exportPath,
  readChart,
  refusalOf,
  saidIn,
  showSize,
  TYPES,
  wereThere,
  type Chart,
  type ChartMeeting,
  type PatientFile,
  type Said,
} from "../../clinic/chart";
import type { Client } from "../../clinic/client";
import { may, type Patient, type Who } from "../../clinic/people";
import { Problem } from "../../clinic/problem";
import { showMoment } from "../../clinic/when";
import { locale, t, tList } from "../../texts/lookup";
import "../confirm";
import type { Confirm } from "../confirm";
import { choice } from "../field";
import { notice } from "../notice";
import { Attempting } from "./attempting";

@customElement("hc-chart-dialog")
export class ChartDialog extends Attempting {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) who!: Who;
  @property({ attribute: false }) announcer!: Announcer;
  @state() private patient: Patient | undefined;
  @state() private chart: Chart | undefined;
  @state() private busy = false;

  async show(patient: Patient): Promise<void> {
    this.patient = patient;
    this.chart = undefined;
    this.failure = undefined;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
    await this.attempt(() => this.#load(patient));
  }

  protected override render(): TemplateResult {
    return html`<dialog
        class="dialog wide"
        aria-labelledby="chart-heading"
        data-testid="chart-dialog"
      >
        ${this.patient === undefined ? nothing : this.#content(this.patient)}
        <form method="dialog" class="form-buttons">
          <button type="submit" class="button" autofocus data-testid="chart-close">
            ${t("form.close")}
          </button>
        </form>
      </dialog>
      <hc-confirm></hc-confirm>`;
  }

  #content(patient: Patient): TemplateResult {
    return html`<h2 id="chart-heading">${t("chart.heading", { name: patient.name })}</h2>
      ${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
      ${this.#loaded(patient)}`;
  }

  #loaded(patient: Patient): TemplateResult | typeof nothing {
    if (this.chart !== undefined) return html`${this.#visits(patient, this.chart)} ${this.#files(patient, this.chart)}`;
    if (this.failure !== undefined) return nothing;
    return html`<p class="lead" aria-busy="true">${t("clinic.asking")}</p>`;
  }

  #visits({ id }: Patient, { meetings, files }: Chart): TemplateResult {
    const names = new Map(files.map((file) => [file.id, file.name]));
    return html`<section aria-labelledby="chart-visits">
      <h3 id="chart-visits">${t("chart.visits")}</h3>
      ${
        meetings.length === 0
          ? html`<p>${t("chart.noVisits")}</p>`
          : html`<ul class="rows">
                ${meetings.map((meeting) => visitRow(meeting, names))}
              </ul>
              <a
                class="button small"
                href=${this.client.address(exportPath(id))}
                download="chart.ndjson"
                data-testid="chart-export"
                >${t("chart.export")}</a
              >`
      }
    </section>`;
  }

  #files(patient: Patient, { meetings, files }: Chart): TemplateResult {
    return html`<section aria-labelledby="chart-files">
      <h3 id="chart-files">${t("chart.files")}</h3>
      ${
        files.length === 0
          ? html`<p>${t("chart.noFiles")}</p>`
          : html`<ul class="rows">
              ${files.map((file) => this.#fileRow(patient, file))}
            </ul>`
      }
      ${may(this.who, "files.change") && !patient.archived ? this.#adding(patient, meetings) : nothing}
    </section>`;
  }

  #fileRow(patient: Patient, file: PatientFile): TemplateResult {
    const { name } = file;
    const details = [showMoment(file.createdAt), showSize(file.size, locale())].join(" · ");
    return html`<li class="row" data-testid="file">
      <div class="row-main">
        <h4>${name}</h4>
        <p class="hint">${details}</p>
      </div>
      <div class="row-actions">
        <a
          class="button small"
          href=${this.client.address(contentPath(file))}
          download
          aria-label=${t("chart.downloadLong", { name })}
          data-testid="file-download"
          >${t("chart.download")}</a
        >
        ${may(this.who, "files.delete") ? this.#deleteButton(patient, file) : nothing}
      </div>
    </li>`;
  }

  #deleteButton(patient: Patient, file: PatientFile): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t("chart.deleteLong", { name: file.name })}
      data-testid="file-delete"
      @click=${() => void this.#delete(patient, file)}
    >
      ${t("chart.delete")}
    </button>`;
  }

  #adding(patient: Patient, meetings: readonly ChartMeeting[]): TemplateResult {
    const visits = meetings.map(({ id, startsAt }) => ({ value: id, label: showMoment(startsAt) }));
    const under = [{ value: "", label: t("chart.noVisit") }, ...visits];
    return html`<div class="stacked">
      ${meetings.length === 0 ? nothing : choice({ name: "under", label: t("chart.under") }, under)}
      <label class="field">
        <span class="field-label">${t("chart.add")}</span>
        <input
          type="file"
          multiple
          accept=${TYPES.join(",")}
          ?disabled=${this.busy}
          aria-describedby="chart-add-hint"
          data-testid="file-input"
          @change=${(event: Event) => void this.#add(patient, event.target as HTMLInputElement)}
        />
        <span id="chart-add-hint" class="hint">${t("chart.addHint")}</span>
      </label>
    </div>`;
  }

  async #add(patient: Patient, field: HTMLInputElement): Promise<void> {
    const under = this.querySelector<HTMLSelectElement>("[name=under]")?.value || null;
    const files = [...(field.files ?? [])];
    if (files.length === 0) return;
    this.busy = true;
    this.announcer.say(t("chart.sending"));
    const isDone = await this.attempt(async () => {
      for (const file of files) {
        const refusal = refusalOf(file);
        if (refusal !== undefined) throw new Problem(0, refusal);
        await addFile(this.client, patient.id, file, under);
      }
    });
    field.value = "";
    this.busy = false;
    if (isDone) this.announcer.say(t("chart.added"));
    await this.#reload(patient);
  }

  async #delete(patient: Patient, file: PatientFile): Promise<void> {
    const question = {
      heading: t("chart.deleteLong", { name: file.name }),
      text: t("chart.deleteText"),
      yes: t("chart.delete"),
    };
    if ((await this.querySelector<Confirm>("hc-confirm")?.ask(question)) !== true) return;
    const isDone = await this.attempt(() => deleteFile(this.client, file));
    if (isDone) this.announcer.say(t("chart.deleted"));
    await this.#reload(patient);
    await this.keepFocus("[data-testid=chart-close]");
  }

  /** What has failed before stays to be read. */
  async #reload(patient: Patient): Promise<void> {
    const before = this.failure;
    await this.attempt(() => this.#load(patient));
    this.failure ??= before;
  }

  async #load(patient: Patient): Promise<void> {
    const chart = await readChart(this.client, patient.id);
    if (this.patient?.id === patient.id) this.chart = chart; // else another one was opened
  }
}

function visitRow(meeting: ChartMeeting, names: ReadonlyMap<string, string>): TemplateResult {
  const there = wereThere(meeting);
  const files = meeting.items.map(({ id }) => names.get(id)).filter((name) => name !== undefined);
  return html`<li class="row" data-testid="chart-visit" data-status=${meeting.status}>
    <div class="row-main">
      <h4>${showMoment(meeting.startsAt)}</h4>
      ${there.length === 0 ? nothing : html`<p>${t("chart.there", { names: tList(there) })}</p>`}
      ${saidIn(meeting).map(saidLine)}
      ${files.length === 0 ? nothing : html`<p class="hint">${t("chart.filed", { names: tList(files) })}</p>`}
    </div>
    <span class="tag">${t(`status.${meeting.status}`)}</span>
  </li>`;
}

function saidLine({ name, yes, no }: Said): TemplateResult {
  const who = name ?? "";
  const list = (scopes: Said["yes"]): string => tList(scopes.map((scope) => t(`chart.scope.${scope}`)));
  return html`<p class="hint" data-testid="chart-consent">
    ${yes.length === 0 ? nothing : t("chart.saidYes", { name: who, scopes: list(yes) })}
    ${no.length === 0 ? nothing : t("chart.saidNo", { name: who, scopes: list(no) })}
  </p>`;
}
