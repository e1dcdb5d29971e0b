/** A dialog for the next version of the texts about recordings: written, read as others will, and
 * published. */

import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { languagesFor, LONGEST, publish, textsIn, type Text, type Version } from "../../clinic/policies";
import { Problem } from "../../clinic/problem";
import { showLanguage } from "../../clinic/when";
import { t } from "../../texts/lookup";
import { paragraph } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";
import { policyText } from "./policy-text";

/** Tells `published`. */
@customElement("hc-policy-form")
export class PolicyForm extends DialogForm {
  @property({ attribute: false }) inForce: Version | undefined;
  @state() private written: readonly Text[] = []; // before they are published
  @state() private previewing = false;

  override async show(): Promise<void> {
    this.written = this.inForce?.texts ?? [];
    this.previewing = false;
    await super.show();
  }

  protected override get texts(): DialogTexts {
    const button = this.previewing ? t("policies.publish") : t("policies.preview");
    return { heading: t("policies.new"), button };
  }

  protected override fields(): TemplateResult {
    return this.previewing ? this.#preview() : this.#editor();
  }

  #editor(): TemplateResult {
    return html`<p>${t("policies.write")}</p>
      ${languagesFor(this.inForce).map((code) =>
        paragraph({
          name: code,
          label: showLanguage(code),
          value: this.written.find(({ language }) => language === code)?.text ?? "",
          wrong: this.wrong[code],
          maxlength: LONGEST,
          rows: 8,
        }),
      )}`;
  }

  #preview(): TemplateResult {
    const back = (): void => {
      this.previewing = false;
    };
    return html`${this.written.map(
        (text) => html`<h3>${showLanguage(text.language)}</h3>
          ${policyText(text)}`,
      )}
      <p>${t("policies.consequence")}</p>
      <button type="button" class="button small" data-testid="policy-back" @click=${back}>
        ${t("policies.back")}
      </button>`;
  }

  protected override async save(entered: Entered): Promise<void> {
    if (!this.previewing) {
      this.written = textsIn(entered);
      if (this.written.length === 0) throw new Problem(422, "no_text");
      this.previewing = true;
      return;
    }
    await publish(this.client, this.written);
    this.close();
    this.tell("published");
  }
}
