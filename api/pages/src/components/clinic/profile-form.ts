/** A dialog that says which languages and skills somebody who works here has. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { describe, parted, type Profile } from "../../clinic/hq";
import { t } from "../../texts/lookup";
import { field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";

/** Tells `described` with a `Profile`. */
@customElement("hc-profile-form")
export class ProfileForm extends DialogForm {
  @state() private profile: Profile | undefined;

  override async show(profile?: Profile): Promise<void> {
    this.profile = profile;
    await super.show();
  }

  protected override get texts(): DialogTexts {
    return { heading: t("profile.heading", { name: this.profile?.name ?? "" }), button: t("form.save") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { languages = [], skills = [] } = this.profile ?? {};
    return html`${field({
      name: "languages",
      label: t("profile.languages"),
      hint: t("profile.languagesHint"),
      value: languages.join(", "),
      wrong: this.wrong.languages,
      pattern: "[A-Za-z0-9\\-, ]*",
    })}
    ${field({
      name: "skills",
      label: t("profile.skills"),
      hint: t("profile.skillsHint"),
      value: skills.join(", "),
      wrong: this.wrong.skills,
      maxlength: 1000,
    })}`;
  }

  protected override async save({ languages = "", skills = "" }: Entered): Promise<void> {
    if (this.profile === undefined) return;
    const said = await describe(this.client, this.profile.staffId, parted(languages), parted(skills));
    this.close();
    this.tell<Profile>("described", said);
  }
}
