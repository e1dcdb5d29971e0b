/** A dialog that makes a key for another program. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";

import { KEY_SCOPES, type NewKey } from "../../clinic/house";
import { Problem } from "../../clinic/problem";
import { t } from "../../texts/lookup";
import { checkbox, field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";

/** Tells `made` with the `NewKey`. */
@customElement("hc-key-form")
export class KeyForm extends DialogForm {
  protected override get texts(): DialogTexts {
    return { heading: t("keys.add"), button: t("keys.add") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { wrong } = this;
    return html`${field({
        name: "name",
        label: t("keys.name"),
        hint: t("keys.nameHint"),
        wrong: wrong.name,
        required: true,
      })}
      <fieldset class="group">
        <legend>${t("keys.scopes")}</legend>
        ${KEY_SCOPES.map((scope) => checkbox({ name: scope, label: t(`permission.${scope}`) }, false))}
      </fieldset>
      ${field({
        name: "days",
        label: t("keys.days"),
        hint: t("keys.daysHint"),
        type: "number",
        wrong: wrong.days,
        min: "1",
        max: "3650",
      })}`;
  }

  protected override async save(entered: Entered): Promise<void> {
    const scopes = KEY_SCOPES.filter((scope) => entered[scope] === "on");
    if (scopes.length === 0) throw new Problem(422, "no_key_scope");
    const { name, days } = entered;
    const body = { name, scopes, ...(days !== undefined && days !== "" && { days: Number(days) }) };
    const made = await this.client.ask<NewKey>("POST", "/keys", { body });
    this.close();
    this.tell<NewKey>("made", made);
  }
}
