/** The clinic's own settings: its name, its words to who waits, the zone of its letters, how long
 * its logs are kept. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import type { Workspace } from "../../clinic/house";
import { LONGEST as LONGEST_TEXT, oneLine } from "../../clinic/lobbychat";
import { explain } from "../../clinic/problem";
import { UTC, zones } from "../../clinic/zones";
import { t } from "../../texts/lookup";
import { choice, field, paragraph } from "../field";
import { FormView, type Entered } from "../form-view";

const [SHORTEST, LONGEST] = ["365", "36500"]; // days, as api/rest/v1/workspace.py has them

@customElement("hc-house-settings")
export class HouseSettings extends FormView {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) announcer!: Announcer;
  @state() private workspace: Workspace | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  protected override render(): TemplateResult {
    return html`<section class="section" aria-labelledby="settings-of-house">
      <h2 id="settings-of-house">${t("house.settings")}</h2>
      ${this.workspace === undefined ? this.failureNotice() : this.#form(this.workspace)}
    </section>`;
  }

  #form(workspace: Workspace): TemplateResult {
    const { wrong } = this;
    return html`<form
      class="stacked"
      novalidate
      data-testid="house-form"
      @submit=${(event: SubmitEvent) => this.submit(event, (entered) => this.#save(entered))}
    >
      ${field({
        name: "title",
        label: t("house.title"),
        hint: t("house.titleHint"),
        value: workspace.title,
        wrong: wrong.title,
        required: true,
      })}
      ${paragraph({
        name: "waitingMessage",
        label: t("house.waitingMessage"),
        hint: t("house.waitingMessageHint"),
        value: workspace.waitingMessage ?? "",
        wrong: wrong.waitingMessage,
        maxlength: LONGEST_TEXT,
      })}
      ${choice(
        {
          name: "timeZone",
          label: t("house.timeZone"),
          hint: t("house.timeZoneHint"),
          value: workspace.timeZone ?? UTC,
          wrong: wrong.timeZone,
        },
        zones(workspace.timeZone ?? UTC).map((zone) => ({ value: zone, label: zone })),
      )}
      ${field({
        name: "auditDays",
        label: t("house.auditDays"),
        hint: t("house.auditDaysHint"),
        type: "number",
        value: workspace.auditDays === null ? "" : String(workspace.auditDays),
        wrong: wrong.auditDays,
        min: SHORTEST,
        max: LONGEST,
      })}
      <p class="hint">${t("house.plan", { plan: workspace.plan })}</p>
      ${this.failure === undefined ? nothing : this.failureNotice()}
      <div class="form-buttons">${this.submitButton(t("form.save"), t("form.busy"))}</div>
    </form>`;
  }

  async #load(): Promise<void> {
    try {
      this.workspace = await this.client.ask<Workspace>("GET", "/workspace");
    } catch (error) {
      this.failure = explain(error);
    }
  }

  async #save({ title, timeZone, auditDays, waitingMessage = "" }: Entered): Promise<void> {
    const body = {
      title,
      timeZone: timeZone === UTC ? null : timeZone,
      auditDays: auditDays === undefined || auditDays === "" ? null : Number(auditDays),
      waitingMessage: oneLine(waitingMessage) || null,
    };
    this.workspace = await this.client.ask<Workspace>("PATCH", "/workspace", { body });
    this.announcer.say(t("clinic.saved"));
  }
}
