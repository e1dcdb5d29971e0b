/** Who sees a restricted record: the patient's team. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import { putOnTeam, readTeam, takeOffTeam, type TeamMember } from "../../clinic/care";
import type { Client } from "../../clinic/client";
import { listAll } from "../../clinic/house";
import type { Member, Patient } from "../../clinic/people";
import { t } from "../../texts/lookup";
import { choice } from "../field";
import { notice } from "../notice";
import { Attempting } from "./attempting";

@customElement("hc-team-dialog")
export class TeamDialog extends Attempting {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) announcer!: Announcer;
  @state() private patient: Patient | undefined;
  @state() private team: readonly TeamMember[] = [];
  @state() private colleagues: readonly Member[] = [];

  async show(patient: Patient): Promise<void> {
    this.patient = patient;
    this.team = [];
    await this.attempt(async () => {
      this.colleagues = await listAll<Member>(this.client, "/staff");
      this.team = await readTeam(this.client, patient.id);
    });
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    return html`<dialog class="dialog" aria-labelledby="team-heading" data-testid="team-dialog">
      ${this.patient === undefined ? nothing : this.#content(this.patient)}
      <form method="dialog" class="form-buttons">
        <button type="submit" class="button" autofocus data-testid="team-close">${t("form.close")}</button>
      </form>
    </dialog>`;
  }

  #content(patient: Patient): TemplateResult {
    return html`<h2 id="team-heading">${t("team.heading", { name: patient.name })}</h2>
      <p>${t("team.text")}</p>
      ${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
      ${
        this.team.length === 0
          ? html`<p class="lead">${t("team.none")}</p>`
          : html`<ul class="rows">
              ${this.team.map((one) => this.#row(patient, one))}
            </ul>`
      }
      ${this.#adding(patient)}`;
  }

  #row(patient: Patient, { staffId, name, role }: TeamMember): TemplateResult {
    const take = (): void => void this.#change(patient, () => takeOffTeam(this.client, patient.id, staffId));
    return html`<li class="row" data-testid="team-member">
      <div class="row-main">
        <h3>${name}</h3>
        <p class="hint">${t(`role.${role}`)}</p>
      </div>
      <button
        type="button"
        class="button small"
        aria-label=${t("team.removeLong", { name: name ?? "" })}
        data-testid="team-remove"
        @click=${take}
      >
        ${t("team.remove")}
      </button>
    </li>`;
  }

  #adding(patient: Patient): TemplateResult | typeof nothing {
    const on = new Set(this.team.map(({ staffId }) => staffId));
    const free = this.colleagues.filter(
      ({ id, role, active, disabled }) => active && !disabled && role !== "auditor" && !on.has(id),
    );
    if (free.length === 0) return nothing;
    const people = free.map(({ id, name }) => ({ value: id, label: name ?? "" }));
    const add = (event: SubmitEvent): void => {
      event.preventDefault();
      const staff = new FormData(event.currentTarget as HTMLFormElement).get("member");
      void this.#change(patient, () => putOnTeam(this.client, patient.id, String(staff)));
    };
    return html`<form class="stacked" @submit=${add}>
      ${choice({ name: "member", label: t("team.member") }, people)}
      <div class="form-buttons">
        <button type="submit" class="button primary" data-testid="team-add">${t("team.add")}</button>
      </div>
    </form>`;
  }

  async #change(patient: Patient, action: () => Promise<void>): Promise<void> {
    await this.attempt(async () => {
      await action();
      this.announcer.say(t("clinic.saved"));
      this.team = await readTeam(this.client, patient.id);
    });
    await this.keepFocus("[data-testid=team-close]");
  }
}
