/** A dialog that asks family, an interpreter or a specialist into a visit, by a one-time link. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { addGuest, GUEST_KINDS, namesOf, type Meeting } from "../../clinic/meetings";
import type { InvitedGuest } from "../../clinic/people";
import { t } from "../../texts/lookup";
import { choice, field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";

/** Tells `invited` with the `InvitedGuest`. */
@customElement("hc-guest-form")
export class GuestForm extends DialogForm {
  @state() private meeting: Meeting | undefined;

  override async show(meeting?: Meeting): Promise<void> {
    this.meeting = meeting;
    await super.show();
  }

  protected override get texts(): DialogTexts {
    const name = this.meeting === undefined ? "" : namesOf(this.meeting);
    return { heading: t("guest.heading", { name }), button: t("guest.button") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const kinds = GUEST_KINDS.map((kind) => ({ value: kind, label: t(`part.${kind}`) }));
    return html`<p class="hint">${t("guest.hint")}</p>
      ${field({
        name: "name",
        label: t("person.name"),
        hint: t("setUp.nameHint"),
        wrong: this.wrong.name,
        required: true,
      })}
      ${choice({ name: "kind", label: t("guest.kind"), value: "family" }, kinds)}`;
  }

  protected override async save({ name = "", kind }: Entered): Promise<void> {
    const { meeting } = this;
    const as = GUEST_KINDS.find((known) => known === kind);
    if (meeting === undefined || as === undefined) return;
    const invited = await addGuest(this.client, meeting, name, as);
    this.close();
    this.tell<InvitedGuest>("invited", invited);
  }
}
