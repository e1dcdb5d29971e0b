/** A dialog that says how urgent a visit is, and which skill it asks for. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { PRIORITIES, sayTriage, type Triage } from "../../clinic/hq";
import type { Waiter } from "../../clinic/wait";
import { t } from "../../texts/lookup";
import { choice, field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";

/** Tells `said` with a `Triage`. */
@customElement("hc-triage-form")
export class TriageForm extends DialogForm {
  @state() private waiter: Waiter | undefined;

  override async show(waiter?: Waiter): Promise<void> {
    this.waiter = waiter;
    await super.show();
  }

  protected override get texts(): DialogTexts {
    const name = this.waiter?.participant.name ?? "";
    return { heading: t("triage.heading", { name }), button: t("form.save") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { waiter, wrong } = this;
    const priorities = PRIORITIES.map((value) => ({ value, label: t(`hq.priority.${value}`) }));
    const { priority = "routine", skill = null } = waiter?.triage ?? {};
    return html`${choice({ name: "priority", label: t("triage.priority"), value: priority }, priorities)}
    ${field({ name: "skill", label: t("triage.skill"), hint: t("triage.skillHint"), value: skill ?? "", wrong: wrong.skill })}`;
  }

  protected override async save({ priority, skill = "" }: Entered): Promise<void> {
    const { waiter } = this;
    const chosen = PRIORITIES.find((one) => one === priority);
    if (waiter === undefined || chosen === undefined) return;
    const said = await sayTriage(this.client, waiter.meetingId, { priority: chosen, skill: skill.trim() || null });
    this.close();
    this.tell<Triage>("said", said);
  }
}
