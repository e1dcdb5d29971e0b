/** A field of a form: label, input, hint, and what is wrong with what was entered. */

import { html, nothing, type TemplateResult } from "lit";

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: "text" | "email" | "password" | "tel" | "date" | "time" | "number" | "search";
  readonly value?: string;
  readonly hint?: string;
  readonly wrong?: string | undefined;
  readonly autocomplete?: AutoFill | "bday";
  readonly inputmode?: "numeric";
  readonly required?: boolean;
  readonly minlength?: number;
  readonly maxlength?: number;
  readonly rows?: number; // of a paragraph
  readonly min?: string;
  readonly max?: string;
  readonly pattern?: string;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** Its test id is `NAME-input`. What was typed stays, unless `value` becomes another one. */
export function field(told: Field): TemplateResult {
  const { name, wrong } = told;
  return html`<label class="field">
    <span class="field-label">${told.label}</span>
    <input
      type=${told.type ?? "text"}
      name=${name}
      .value=${told.value ?? ""}
      ?required=${told.required === true}
      autocomplete=${told.autocomplete ?? "off"}
      inputmode=${told.inputmode ?? nothing}
      minlength=${told.minlength ?? nothing}
      maxlength=${told.maxlength ?? 200}
      min=${told.min ?? nothing}
      max=${told.max ?? nothing}
      pattern=${told.pattern ?? nothing}
      aria-invalid=${wrong !== undefined}
      aria-describedby=${note(told) === undefined ? nothing : `${name}-note`}
      data-testid="${name}-input"
    />
    ${noteLine(told)}
  </label>`;
}

/** A text that is longer than a line. */
export function paragraph(told: Field): TemplateResult {
  const { name, wrong } = told;
  return html`<label class="field">
    <span class="field-label">${told.label}</span>
    <textarea
      name=${name}
      rows=${told.rows ?? 3}
      .value=${told.value ?? ""}
      ?required=${told.required === true}
      maxlength=${told.maxlength ?? 1000}
      aria-invalid=${wrong !== undefined}
      aria-describedby=${note(told) === undefined ? nothing : `${name}-note`}
      data-testid="${name}-input"
    ></textarea>
    ${noteLine(told)}
  </label>`;
}

/** A choice among few. */
export function choice(told: Field, choices: readonly Choice[]): TemplateResult {
  return html`<label class="field">
    <span class="field-label">${told.label}</span>
    <select
      name=${told.name}
      aria-describedby=${note(told) === undefined ? nothing : `${told.name}-note`}
      data-testid="${told.name}-input"
    >
      ${choices.map(
        ({ value, label }) =>
          html`<option value=${value} ?selected=${value === told.value}>${label}</option>`,
      )}
    </select>
    ${noteLine(told)}
  </label>`;
}

export function checkbox(told: Field, checked: boolean): TemplateResult {
  return html`<label class="check">
    <input
      type="checkbox"
      name=${told.name}
      .checked=${checked}
      aria-describedby=${note(told) === undefined ? nothing : `${told.name}-note`}
      data-testid="${told.name}-input"
    />
    <span>${told.label}</span>
    ${noteLine(told)}
  </label>`;
}

function note({ hint, wrong }: Field): string | undefined {
  return wrong ?? hint;
}

function noteLine(told: Field): TemplateResult | typeof nothing {
  const text = note(told);
  if (text === undefined) return nothing;
  return html`<span id="${told.name}-note" class="hint ${told.wrong === undefined ? "" : "wrong"}">
    ${text}
  </span>`;
}
