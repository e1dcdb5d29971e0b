/** A message in the page: what is wrong and, where there is one, the button that helps. */

import { html, nothing, type TemplateResult } from "lit";

import { t } from "../texts/lookup";
import { icon, type Icon } from "./icons";

export interface Notice {
  readonly tone: "info" | "warning" | "error";
  readonly icon?: Icon;
  readonly text: string;
  readonly testid?: string;
  readonly action?: { readonly label: string; readonly run: () => void; readonly testid?: string };
  readonly dismiss?: () => void;
  readonly quiet?: boolean; // the announcer tells it already
}

/** Warnings and errors are read out at once. */
export function notice(told: Notice): TemplateResult {
  const { action, dismiss } = told;
  const alert = told.tone !== "info" && told.quiet !== true;
  return html`<div
    class="notice notice-${told.tone}"
    role=${alert ? "alert" : nothing}
    data-testid=${told.testid ?? nothing}
  >
    ${icon(told.icon ?? "warning")}
    <p>${told.text}</p>
    ${
      action &&
      html`<button
        type="button"
        class="button small"
        data-testid=${action.testid ?? nothing}
        @click=${action.run}
      >
        ${action.label}
      </button>`
    }
    ${
      dismiss &&
      html`<button
        type="button"
        class="button icon-only quiet"
        aria-label=${t("problem.dismiss")}
        @click=${dismiss}
      >
        ${icon("close")}
      </button>`
    }
  </div>`;
}
