/** A dialog that changes one's own password. */

import { html, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";

import { SHORTEST_PASSWORD } from "../../clinic/account";
import { t } from "../../texts/lookup";
import { field } from "../field";
import type { Entered } from "../form-view";
import { codeField } from "./code-field";
import { DialogForm, type DialogTexts } from "./dialog-form";

/** Tells `changed`. */
@customElement("hc-password-form")
export class PasswordForm extends DialogForm {
  protected override get texts(): DialogTexts {
    return { heading: t("account.password"), button: t("form.save") };
  }

  protected override fields(): TemplateResult {
    const { wrong } = this;
    return html`<p>${t("account.passwordText")}</p>
      ${field({
        name: "current",
        label: t("account.current"),
        type: "password",
        wrong: wrong.current,
        autocomplete: "current-password",
        required: true,
        maxlength: 256,
      })}
      ${codeField(wrong.code)}
      ${field({
        name: "password",
        label: t("account.new"),
        hint: t("setUp.passwordHint", { count: SHORTEST_PASSWORD }),
        type: "password",
        wrong: wrong.password,
        autocomplete: "new-password",
        required: true,
        minlength: SHORTEST_PASSWORD,
        maxlength: 256,
      })}`;
  }

  protected override async save({ current, code, password }: Entered): Promise<void> {
    await this.client.ask("PUT", "/password", { body: { current, code, password } });
    this.close();
    this.tell("changed");
  }
}
