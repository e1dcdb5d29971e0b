/** The answer to an invitation, by the link of a letter: nobody signs in for it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { ANSWERS, answer, type Answer, type Answered } from "../../clinic/answering";
import type { Client } from "../../clinic/client";
import { explain } from "../../clinic/problem";
import { showMoment, zone } from "../../clinic/when";
import { nameZone } from "../../clinic/zones";
import { t } from "../../texts/lookup";
import { card } from "../farewell";
import { notice } from "../notice";
import { View } from "../view";

@customElement("hc-answer")
export class AnswerView extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) token = "";
  @property({ attribute: false }) meetingId = "";
  @state() private answered: Answered | undefined;
  @state() private failure: string | undefined;
  @state() private busy = false;

  protected override render(): TemplateResult {
    const { answered, failure } = this;
    return card(
      html`<h1 tabindex="-1">${t("answer.heading")}</h1>
        <p class="lead">${t("answer.text")}</p>
        ${failure === undefined ? nothing : notice({ tone: "error", text: failure, testid: "error-message" })}
        <div class="answers" role="group" aria-label=${t("answer.heading")}>
          ${ANSWERS.map((one) => this.#button(one))}
        </div>
        <div role="status">${answered === undefined ? nothing : confirmation(answered)}</div>`,
    );
  }

  #button(one: Answer): TemplateResult {
    const chosen = this.answered?.answer === one;
    return html`<button
      type="button"
      class="button large ${chosen ? "primary" : ""}"
      aria-pressed=${chosen}
      aria-disabled=${this.busy}
      data-testid="answer-${one}"
      @click=${() => this.#answer(one)}
    >
      ${t(`answer.${one}`)}
    </button>`;
  }

  async #answer(one: Answer): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      this.answered = await answer(this.client, this.meetingId, this.token, one);
      this.failure = undefined;
    } catch (error) {
      this.failure = explain(error);
    } finally {
      this.busy = false;
    }
  }
}

function confirmation({ answer: one, startsAt }: Answered): TemplateResult {
  return html`<p data-testid="answered" data-answer=${one}>
      ${t(`answered.${one}`, { when: showMoment(startsAt) })}
    </p>
    <p class="hint">${t("day.zone", { zone: nameZone(zone(), new Date(startsAt)) })}</p>`;
}
