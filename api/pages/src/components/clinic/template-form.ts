/** A dialog for words of the clinic's own, with how a reader will see them. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { chooseWords, preview, segments, type Template } from "../../clinic/templates";
import { zone } from "../../clinic/when";
import { t, tCount, tList } from "../../texts/lookup";
import { field, paragraph } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";

const [LONGEST, LONGEST_TEXT, LONGEST_SUBJECT] = [4000, 320, 78]; // as api/rules/templates.py has them
const TOKEN = "x".repeat(64); // as long as they are

/** Tells `saved`. */
@customElement("hc-template-form")
export class TemplateForm extends DialogForm {
  @property({ attribute: false }) clinic = ""; // its name
  @state() private template: Template | undefined;
  @state() private name = "";
  @state() private text = ""; // as it is in the field now

  override async show(template?: Template, name = ""): Promise<void> {
    this.template = template;
    this.name = name;
    this.text = template?.text ?? "";
    await super.show();
  }

  protected override get texts(): DialogTexts {
    return { heading: this.name, button: t("form.save") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { template, wrong } = this;
    if (template === undefined) return nothing;
    const isMail = template.channel === "mail";
    const names = tList(template.placeholders.map((name) => `{${name}}`));
    return html`<div lang=${template.language} @input=${(event: Event) => this.#typed(event)}>
        ${isMail ? field({ name: "subject", label: t("templates.subject"), hint: t("templates.subjectHint"), value: template.subject ?? "", wrong: wrong.subject, required: true, maxlength: LONGEST_SUBJECT }) : nothing}
        ${paragraph({ name: "text", label: t("templates.words"), hint: t("templates.wordsHint", { names }), value: template.text, wrong: wrong.text, required: true, maxlength: isMail ? LONGEST : LONGEST_TEXT })}
      </div>
      <section aria-labelledby="preview-heading">
        <h3 id="preview-heading">${t("templates.preview")}</h3>
        <p class="policy preview" lang=${template.language} data-testid="preview">${this.#preview}</p>
        ${isMail ? nothing : html`<p class="hint" data-testid="segments">${tCount("templates.segments", segments(this.#preview))}</p>`}
      </section>`;
  }

  get #preview(): string {
    const page = `${location.origin}/`;
    return preview(this.text, {
      clinic: this.clinic,
      time: `2027-03-04 13:00 (${zone()})`,
      length: "30",
      link: `${page}#l=hcl_${TOKEN}`,
      answer: `${page}#a=hca_${TOKEN}&m=00000000-0000-0000-0000-000000000000`,
    });
  }

  #typed({ target }: Event): void {
    if (target instanceof HTMLTextAreaElement) this.text = target.value;
  }

  protected override async save({ subject, text = "" }: Entered): Promise<void> {
    const { template } = this;
    if (template === undefined) return;
    // Forms send lines with the ends that HTTP has.
    const words = text.replace(/\r\n/g, "\n");
    await chooseWords(this.client, template, subject ?? null, words);
    this.close();
    this.tell("saved");
  }
}
