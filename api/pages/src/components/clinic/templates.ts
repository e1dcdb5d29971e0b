/** What letters and text messages say, in each language, and words of the clinic's own. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { chooseWords, listTemplates, TEMPLATE_KINDS, type Template } from "../../clinic/templates";
import { LANGUAGES, type Listed } from "../../texts/languages";
import { language, t } from "../../texts/lookup";
import "../confirm";
import type { Confirm } from "../confirm";
import { choice } from "../field";
import { ListView } from "./list-view";
import "./template-form";
import type { TemplateForm } from "./template-form";

@customElement("hc-templates")
export class Templates extends ListView {
  @state() private templates: readonly Template[] = [];
  @state() private shown: string = language() in LANGUAGES ? language() : "en";

  protected override async load(): Promise<void> {
    this.templates = await listTemplates(this.client);
  }

  protected override render(): TemplateResult {
    const found = this.templates.filter(({ language: of }) => of === this.shown);
    return html`<section class="section" aria-labelledby="templates-heading" data-testid="templates">
        <h2 id="templates-heading" tabindex="-1">${t("templates.heading")}</h2>
        <p class="hint">${t("templates.text")}</p>
        ${this.failureNotice()} ${this.#languages()}
        ${this.emptyOr(found.length, "", () => html`<ul class="rows">${found.map((one) => this.#row(one))}</ul>`)}
      </section>
      <hc-template-form
        .client=${this.client}
        .clinic=${this.who.title}
        @saved=${() => this.#saved()}
      ></hc-template-form>
      <hc-confirm></hc-confirm>`;
  }

  #languages(): TemplateResult {
    const all = (Object.keys(LANGUAGES) as Listed[]).map((value) => ({ value, label: LANGUAGES[value] }));
    return html`<div @change=${({ target }: Event) => (this.shown = (target as HTMLSelectElement).value)}>
      ${choice({ name: "templateLanguage", label: t("patients.language"), value: this.shown }, all)}
    </div>`;
  }

  #row(template: Template): TemplateResult {
    const { channel, subject, text, isOwn } = template;
    const name = nameOf(template);
    return html`<li class="row" data-testid="template" data-name="${channel}-${template.kind}" data-own=${isOwn}>
      <div class="row-main">
        <h3>${name}</h3>
        <p class="hint" lang=${template.language}>${subject ?? firstLine(text)}</p>
      </div>
      ${isOwn ? html`<span class="tag tag-active">${t("templates.own")}</span>` : nothing}
      <div class="row-actions">
        ${isOwn ? this.#resetButton(template, name) : nothing}
        <button
          type="button"
          class="button small"
          aria-label=${t("templates.editLong", { name })}
          data-testid="edit-template"
          @click=${() => this.querySelector<TemplateForm>("hc-template-form")?.show(template, name)}
        >
          ${t("templates.edit")}
        </button>
      </div>
    </li>`;
  }

  #resetButton(template: Template, name: string): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t("templates.resetLong", { name })}
      data-testid="reset-template"
      @click=${() => this.#reset(template, name)}
    >
      ${t("templates.reset")}
    </button>`;
  }

  async #reset(template: Template, name: string): Promise<void> {
    const sure = await this.querySelector<Confirm>("hc-confirm")?.ask({
      heading: t("templates.resetLong", { name }),
      text: t("templates.resetText"),
      yes: t("templates.reset"),
    });
    if (sure !== true) return;
    await this.attempt(async () => {
      await chooseWords(this.client, template, null, null);
      await this.#saved();
    });
    await this.keepFocus("#templates-heading");
  }

  async #saved(): Promise<void> {
    await this.reload();
    this.announcer.say(t("clinic.saved"));
  }
}

function nameOf({ channel, kind }: Template): string {
  const known = TEMPLATE_KINDS.find((one) => one === kind);
  const what = known === undefined ? kind : t(`template.${known}`);
  return t("templates.name", { what, channel: t(`channel.${channel}`) });
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
