/** The written conversation beside the tiles. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Chat, Message } from "../call/chat";
import { showTime } from "../clinic/when";
import { t } from "../texts/lookup";
import { icon } from "./icons";
import { notice } from "./notice";
import { View } from "./view";

const LONGEST = 2000; // characters that one may send at once

/** Tells `close`. */
@customElement("hc-chat-panel")
export class ChatPanel extends View {
  @property({ attribute: false }) chat!: Chat;
  @property({ attribute: false }) count = 0; // of messages: a change draws them again
  @state() private failed = false;

  protected override firstUpdated(): void {
    this.querySelector("input")?.focus();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has("count")) return;
    const list = this.querySelector(".messages");
    list?.scrollTo({ top: list.scrollHeight });
  }

  protected override render(): TemplateResult {
    const { messages } = this.chat;
    return html`<aside class="chat" aria-label=${t("chat.heading")} @keydown=${this.#closeOnEscape}>
      <header class="chat-head">
        <h2>${t("chat.heading")}</h2>
        <button
          type="button"
          class="button icon-only quiet"
          aria-label=${t("chat.close")}
          data-testid="chat-close"
          @click=${() => this.tell("close")}
        >
          ${icon("close")}
        </button>
      </header>
      ${messages.length === 0 ? html`<p class="chat-empty">${t("chat.empty")}</p>` : nothing}
      <ol
        class="messages"
        aria-label=${t("chat.messages")}
        tabindex="0"
        data-testid="chat-messages"
      >
        ${messages.map(messageItem)}
      </ol>
      ${this.failed ? notice({ tone: "error", text: t("chat.failed") }) : nothing}
      <form class="chat-form" @submit=${this.#send}>
        <input
          type="text"
          name="message"
          autocomplete="off"
          maxlength=${LONGEST}
          aria-label=${t("chat.input")}
          placeholder=${t("chat.input")}
          data-testid="chat-input"
        />
        <button
          type="submit"
          class="button primary icon-only"
          aria-label=${t("chat.send")}
          data-testid="chat-send"
        >
          ${icon("send")}
        </button>
      </form>
    </aside>`;
  }

  async #send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const input = this.querySelector("input");
    const text = input?.value.trim() ?? "";
    if (input === null || text === "") return;
    input.value = "";
    try {
      await this.chat.send(text);
      this.failed = false;
    } catch {
      this.failed = true;
      if (input.value === "") input.value = text; // nothing that was typed is lost
    }
  }

  #closeOnEscape(event: KeyboardEvent): void {
    if (event.key === "Escape") this.tell("close");
  }
}

function messageItem({ own, name, text, at }: Message): TemplateResult {
  return html`<li class="message ${own ? "own" : ""}" data-testid="chat-message">
    <p class="message-head">
      <span class="message-name">${own ? t("chat.you") : name}</span>
      <time datetime=${at.toISOString()}>${showTime(at.toISOString())}</time>
    </p>
    <p class="message-text">${text}</p>
  </li>`;
}
