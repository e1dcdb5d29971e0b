/** The last screen of a visit, and the first of a link that leads nowhere. */

import { html, nothing, type TemplateResult } from "lit";

import type { Ending } from "../call/ending";
import { t } from "../texts/lookup";
import { masthead } from "./language-menu";
import { notice } from "./notice";

/** A way out of a visit, for those who have somewhere to go. */
export interface Onward {
  readonly label: string;
  readonly run: () => void;
}

export interface Farewell {
  readonly ending: Ending;
  readonly joining: boolean;
  readonly failure: string | undefined;
  readonly rejoin: () => void;
  readonly onward: Onward | undefined;
  readonly host: string | undefined; // whose visit it was
}

export function farewell({ ending, joining, failure, rejoin, onward, host }: Farewell): TemplateResult {
  return card(
    html`<h1 tabindex="-1">${t("left.heading")}</h1>
      <p class="lead" data-testid="ending" data-ending=${ending}>
        ${t(ending === "left" ? "left.thanks" : `ended.${ending}`)}
      </p>
      ${
        failure === undefined
          ? nothing
          : notice({ tone: "error", text: failure, testid: "error-message" })
      }
      <button
        type="button"
        class="button primary large"
        data-testid="rejoin-button"
        aria-disabled=${joining}
        @click=${() => joining || rejoin()}
      >
        ${t(joining ? "lobby.joining" : "left.rejoin")}
      </button>
      ${onward === undefined ? nothing : onwardButton(onward)}`,
    host,
  );
}

export function onwardButton({ label, run }: Onward): TemplateResult {
  return html`<button type="button" class="button" data-testid="onward-button" @click=${run}>
    ${label}
  </button>`;
}

export function brokenLink(): TemplateResult {
  return card(
    html`<h1 tabindex="-1">${t("refused.heading")}</h1>
      ${notice({ tone: "error", text: t("refused.incomplete"), testid: "error-message" })}`,
  );
}

export function card(content: TemplateResult, name = t("page.product")): TemplateResult {
  return html`<main class="lobby">
    ${masthead(name)}
    <div class="plain-card">${content}</div>
  </main>`;
}
