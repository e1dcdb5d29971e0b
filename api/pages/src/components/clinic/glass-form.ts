/** A dialog that breaks the glass: a restricted record, opened for an hour, with a reason. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";

import { breakGlass, findHidden, type Glass, type Identified } from "../../clinic/care";
import { Problem } from "../../clinic/problem";
import { t } from "../../texts/lookup";
import { field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";

const SHORTEST = 10; // characters of a reason, as api/rest/v1/patientshapes.py has it

/** Tells `opened` with the `Glass`. */
@customElement("hc-glass-form")
export class GlassForm extends DialogForm {
  protected override get texts(): DialogTexts {
    return { heading: t("glass.heading"), button: t("glass.open") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { wrong } = this;
    return html`<p>${t("glass.text")}</p>
      <p class="hint">${t("glass.who")}</p>
      ${field({ name: "name", label: t("person.name"), wrong: wrong.name })}
      <div class="side-by-side">
        ${field({
          name: "birthDate",
          label: t("person.birthDate"),
          type: "date",
          wrong: wrong.birthDate,
          max: new Date().toISOString().slice(0, 10),
        })}
        ${field({ name: "reference", label: t("patients.reference"), wrong: wrong.reference })}
      </div>
      ${field({
        name: "reason",
        label: t("glass.reason"),
        hint: t("glass.reasonHint"),
        wrong: wrong.reason,
        required: true,
        minlength: SHORTEST,
      })}`;
  }

  protected override async save(entered: Entered): Promise<void> {
    const [id, other] = await findHidden(this.client, identify(entered));
    if (id === undefined) throw new Problem(404, "nobody_hidden");
    if (other !== undefined) throw new Problem(409, "several_hidden");
    const glass = await breakGlass(this.client, id, entered.reason ?? "");
    this.close();
    this.tell<Glass>("opened", glass);
  }
}

/** Raises `Problem` when that is not enough to mean one. */
function identify({ name = "", birthDate = "", reference = "" }: Entered): Identified {
  if (reference.trim() !== "") return { reference: reference.trim() };
  if (name.trim() === "" || birthDate === "") throw new Problem(422, "who_is_it");
  return { name: name.trim(), birthDate };
}
