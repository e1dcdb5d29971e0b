/** A text about recordings, as those see it who agree to it. */

import { html, type TemplateResult } from "lit";

import { paragraphsOf, type Text } from "../../clinic/policies";

export function policyText({ language, text }: Text, version?: number): TemplateResult {
  return html`<div
    class="policy"
    lang=${language}
    dir="auto"
    data-testid="policy"
    data-version=${version ?? ""}
  >
    ${paragraphsOf(text).map((one) => html`<p>${one}</p>`)}
  </div>`;
}
