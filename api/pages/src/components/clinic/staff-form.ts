/** A dialog that invites somebody to work here. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";

import { ROLES, type Invited } from "../../clinic/people";
import { t } from "../../texts/lookup";
import { choice, field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";

/** Tells `invited` with what the server made. */
@customElement("hc-staff-form")
export class StaffForm extends DialogForm {
  protected override get texts(): DialogTexts {
    return { heading: t("staff.invite"), button: t("staff.inviteButton") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { wrong } = this;
    const roles = ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }));
    return html`${field({ name: "name", label: t("person.name"), wrong: wrong.name, required: true })}
    ${field({
      name: "email",
      label: t("person.email"),
      type: "email",
      wrong: wrong.email,
      required: true,
      maxlength: 254,
    })}
    ${choice(
      { name: "role", label: t("staff.role"), hint: t("staff.roleHint"), value: "clinician" },
      roles,
    )}`;
  }

  protected override async save({ name, email, role }: Entered): Promise<void> {
    const invited = await this.client.ask<Invited>("POST", "/staff", {
      body: { name, email, role },
    });
    this.close();
    this.tell("invited", invited);
  }
}
