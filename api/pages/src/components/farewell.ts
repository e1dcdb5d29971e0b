/** The last screen of a visit, and the first of a link that leads nowhere. */

import { html, nothing, type TemplateResult } from "lit";

import type { Ending } from "../call/ending";
import { t } from "../texts/lookup";
import { brand } from "./icons";
import type { JoinFailure } from "./lobby";
import { notice } from "./notice";

export function farewell(
  ending: Ending,
  joining: boolean,
  failure: JoinFailure | undefined,
  rejoin: () => void,
): TemplateResult {
  return card(
    html`<h1 tabindex="-1">${t("left.heading")}</h1>
      <p class="lead" data-testid="ending" data-ending=${ending}>
        ${t(ending === "left" ? "left.thanks" : `ended.${ending}`)}
      </p>
      ${
        failure === undefined
          ? nothing
          : notice({ tone: "error", text: t(`refused.${failure}`), testid: "error-message" })
      }
      <button
        type="button"
        class="button primary large"
        data-testid="rejoin-button"
        aria-disabled=${joining}
        @click=${() => joining || rejoin()}
      >
        ${t(joining ? "lobby.joining" : "left.rejoin")}
      </button>`,
  );
}

export function brokenLink(): TemplateResult {
  return card(
    html`<h1 tabindex="-1">${t("refused.heading")}</h1>
      ${notice({ tone: "error", text: t("refused.incomplete"), testid: "error-message" })}`,
  );
}

function card(content: TemplateResult): TemplateResult {
  return html`<main class="lobby">
    ${brand(t("page.product"))}
    <div class="plain-card">${content}</div>
  </main>`;
}
