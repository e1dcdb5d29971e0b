/** What somebody lets be recorded of themselves, and the way to change it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import { answersOf, isAnswered, mayRecord, type Consents, type Scope } from "../../clinic/consent";
import type { Participant } from "../../clinic/meetings";
import { t, tList } from "../../texts/lookup";
import { View } from "../view";
import "./consent-form";
import type { ConsentForm } from "./consent-form";

@customElement("hc-consent")
export class ConsentView extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) announcer!: Announcer;
  @property({ attribute: false }) meetingId = "";
  @property({ attribute: false }) person: Participant | undefined; // who looks at it
  @property({ attribute: false }) consents: Consents | undefined;
  @property({ attribute: false }) asks = false; // by itself, who has not answered yet

  #asked = false; // once: who closes the dialog without an answer has a button

  protected override updated(): void {
    const { asks, consents, person } = this;
    if (!asks || this.#asked || consents?.recordable !== true || person === undefined) return;
    this.#asked = true;
    if (!isAnswered(answersOf(consents, person))) this.#open(consents, person);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { consents, person } = this;
    if (consents?.recordable !== true || person === undefined) return nothing;
    const scopes = mayRecord(consents, person.id);
    const answered = isAnswered(answersOf(consents, person));
    return html`<div
        class="notice ${answered ? "" : "notice-info"}"
        data-testid="consent"
        data-answered=${answered}
        data-scopes=${scopes.join(" ")}
      >
        <p>${answered ? ownText(scopes) : t("consent.ask")}</p>
        <button
          type="button"
          class="button small ${answered ? "" : "primary"}"
          data-testid="consent-open"
          @click=${() => this.#open(consents, person)}
        >
          ${t(answered ? "consent.change" : "consent.open")}
        </button>
      </div>
      <hc-consent-form
        .client=${this.client}
        @saved=${() => this.announcer.say(t("consent.saved"))}
      ></hc-consent-form>`;
  }

  #open(consents: Consents, person: Participant): void {
    const asking = { meetingId: this.meetingId, answers: answersOf(consents, person) };
    void this.querySelector<ConsentForm>("hc-consent-form")?.show(asking);
  }
}

function ownText(scopes: readonly Scope[]): string {
  return scopes.length === 0 ? t("consent.none") : t("consent.some", { scopes: scopeList(scopes) });
}

export function scopeList(scopes: readonly Scope[]): string {
  return tList(scopes.map((scope) => t(`scope.${scope}`)));
}
