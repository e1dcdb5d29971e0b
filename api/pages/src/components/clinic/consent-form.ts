/** A dialog with the text about recordings, and a yes or a no for each thing that is recorded. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import {
  METHODS,
  news,
  readPolicy,
  sayConsent,
  SCOPES,
  type Answers,
  type Policy,
  type Scope,
} from "../../clinic/consent";
import { explain, Problem } from "../../clinic/problem";
import { LANGUAGES } from "../../texts/languages";
import { language, t } from "../../texts/lookup";
import { choice } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";
import { policyText } from "./policy-text";

export interface Asking {
  readonly meetingId: string;
  readonly answers: Answers; // that were given before
  readonly other?: { readonly participantId: string; readonly name: string }; // whose word is noted
}

/** Tells `saved`. */
@customElement("hc-consent-form")
export class ConsentForm extends DialogForm {
  @state() private asking: Asking | undefined;
  @state() private policy: Policy | undefined;

  override async show(asking?: Asking): Promise<void> {
    this.asking = asking;
    this.policy = undefined;
    await super.show();
    await this.#read(language());
  }

  protected override get texts(): DialogTexts {
    const name = this.asking?.other?.name;
    if (name === undefined) return { heading: t("consent.heading"), button: t("consent.save") };
    return { heading: t("note.heading", { name }), button: t("note.save") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { asking, policy } = this;
    if (asking === undefined) return nothing;
    if (policy === undefined) return html`<p aria-busy="true">${t("clinic.asking")}</p>`;
    return html`${asking.other === undefined ? nothing : html`<p>${t("note.text")}</p>`}
      ${this.#languages(policy)}
      ${policyText(policy, policy.version)}
      ${asking.other === undefined ? nothing : method()}
      <div class="row-actions">
        ${this.#all("yes", t("consent.allYes"))} ${this.#all("no", t("consent.allNo"))}
      </div>
      ${SCOPES.map((scope) => this.#scope(scope, asking))}
      ${asking.other === undefined ? html`<p class="hint">${t("consent.later")}</p>` : nothing}`;
  }

  #languages({ language: shown }: Policy): TemplateResult {
    const names = { [shown]: shown, ...LANGUAGES };
    return html`<label class="field">
      <span class="field-label">${t("language.label")}</span>
      <select
        data-testid="policy-language"
        @change=${(event: Event) => this.#read((event.target as HTMLSelectElement).value)}
      >
        ${Object.entries(names).map(
          ([code, name]) =>
            html`<option value=${code} lang=${code} .selected=${code === shown}>${name}</option>`,
        )}
      </select>
    </label>`;
  }

  #all(value: "yes" | "no", label: string): TemplateResult {
    const choose = (): void => {
      const all = this.querySelectorAll<HTMLInputElement>(`input[type=radio][value=${value}]`);
      for (const radio of all) radio.checked = true;
    };
    return html`<button type="button" class="button small" data-testid="all-${value}" @click=${choose}>
      ${label}
    </button>`;
  }

  #scope(scope: Scope, { answers, other }: Asking): TemplateResult {
    const id = `scope-${scope}`;
    return html`<div class="yes-no" role="radiogroup" aria-labelledby=${id}>
      <span id=${id}>${other === undefined ? t(`consent.${scope}`) : t(`note.${scope}`)}</span>
      ${(["yes", "no"] as const).map(
        (value) =>
          html`<label>
            <input
              type="radio"
              name=${scope}
              value=${value}
              required
              .checked=${answers[scope] === (value === "yes")}
              aria-invalid=${this.wrong[scope] !== undefined}
              data-testid="${scope}-${value}"
            />
            ${t(`form.${value}`)}
          </label>`,
      )}
    </div>`;
  }

  async #read(wanted: string): Promise<void> {
    try {
      this.policy = await readPolicy(this.client, wanted);
    } catch (error) {
      this.failure = explain(error);
    }
  }

  protected override async save(entered: Entered): Promise<void> {
    const { asking, policy } = this;
    if (asking === undefined || policy === undefined) return;
    const said = Object.fromEntries(SCOPES.map((scope) => [scope, entered[scope] === "yes"]));
    const method = METHODS.find((known) => known === entered.method);
    const { other, meetingId } = asking;
    const noted = other && method && { participantId: other.participantId, method };
    try {
      await sayConsent(this.client, meetingId, policy, news(asking.answers, said), noted);
    } catch (error) {
      if (error instanceof Problem && error.kind === "policy_changed") await this.#readAgain(asking);
      throw error;
    }
    this.close();
    this.tell("saved");
  }

  /** What was said to the text before counts no more. */
  async #readAgain(asking: Asking): Promise<void> {
    this.asking = { ...asking, answers: {} };
    await this.#read(this.policy?.language ?? language());
  }
}

/** How somebody has said it: a host notes it, and clicks for nobody. */
function method(): TemplateResult {
  const choices = METHODS.map((value) => ({ value, label: t(`note.${value}`) }));
  return choice({ name: "method", label: t("note.method"), value: "voice" }, choices);
}
