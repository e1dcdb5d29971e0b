/** In which language the page speaks. Languages call themselves what they do. */

import { html, type TemplateResult } from "lit";

import { chooseToSpeak } from "../speech";
import { LANGUAGES, type Code } from "../texts/languages";
import { language, t } from "../texts/lookup";
import { brand } from "./icons";

export function languageMenu(): TemplateResult {
  return html`<label class="language">
    <span class="visually-hidden">${t("language.label")}</span>
    ${menu()}
  </label>`;
}

/** The same among other settings. */
export function languageField(): TemplateResult {
  return html`<label class="field">
    <span class="field-label">${t("language.label")}</span>
    ${menu()}
  </label>`;
}

/** What stands above the screens before and after a visit. */
export function masthead(name: string): TemplateResult {
  return html`<div class="masthead">${brand(name)} ${languageMenu()}</div>`;
}

function menu(): TemplateResult {
  return html`<select
    data-testid="language-select"
    @change=${(event: Event) => chooseToSpeak((event.target as HTMLSelectElement).value as Code)}
  >
    ${Object.entries(LANGUAGES).map(
      ([code, name]) =>
        html`<option value=${code} lang=${code} .selected=${code === language()}>${name}</option>`,
    )}
  </select>`;
}
