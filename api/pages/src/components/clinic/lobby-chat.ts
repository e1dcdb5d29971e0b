/** Messages between somebody in the waiting room and the visit's hosts: folded until there are some. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import { LONGEST, newsFrom, oneLine, together, type Note } from "../../clinic/lobbychat";
import { explain } from "../../clinic/problem";
import { showTime } from "../../clinic/when";
import { t, tCount } from "../../texts/lookup";
import { icon } from "../icons";
import { notice } from "../notice";
import { View } from "../view";

@customElement("hc-lobby-chat")
export class LobbyChat extends View {
  @property({ attribute: false }) notes: readonly Note[] = [];
  @property({ attribute: false }) isHost = false; // who reads and writes here
  @property({ attribute: false }) other = ""; // the name of the other side
  @property({ attribute: false }) send!: (text: string) => Promise<Note>;
  @property({ attribute: false }) announcer!: Announcer;
  @state() private sent: readonly Note[] = []; // that the server has not told of yet
  @state() private failure: string | undefined;

  protected override updated(changed: PropertyValues): void {
    const before = changed.get("notes") as readonly Note[] | undefined; // undefined: the first time
    if (before !== undefined) this.#tell(before);
    if (!changed.has("notes") && !changed.has("sent")) return;
    const list = this.querySelector(".messages");
    list?.scrollTo({ top: list.scrollHeight });
  }

  protected override render(): TemplateResult {
    const notes = together(this.notes, this.sent);
    const { other, isHost } = this;
    const heading = isHost ? t("messages.with", { name: other }) : t("messages.toHosts");
    // Only the first message opens it: who folds it then has it folded.
    return html`<details class="lobby-chat" ?open=${notes.length > 0}>
      <summary data-testid="lobby-chat-toggle">
        ${heading}
        ${notes.length === 0 ? nothing : html`<span class="hint">${tCount("messages.count", notes.length)}</span>`}
      </summary>
      ${
        notes.length === 0
          ? html`<p class="hint">${t("messages.hint")}</p>`
          : html`<ol
              class="messages"
              aria-label=${heading}
              tabindex="0"
              data-testid="lobby-messages"
            >
              ${notes.map((note) => this.#item(note))}
            </ol>`
      }
      ${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
      ${this.#form()}
    </details>`;
  }

  #item({ byHost, text, at }: Note): TemplateResult {
    const own = byHost === this.isHost;
    return html`<li class="message ${own ? "own" : ""}" data-testid="lobby-message">
      <p class="message-head">
        <span class="message-name">${own ? this.#we() : this.other}</span>
        <time datetime=${at}>${showTime(at)}</time>
      </p>
      <p class="message-text" dir="auto">${text}</p>
    </li>`;
  }

  /** A visit may have several hosts, who all read this. */
  #we(): string {
    return this.isHost ? t("messages.hosts") : t("chat.you");
  }

  #form(): TemplateResult {
    const label = t("messages.input", { name: this.other });
    return html`<form class="chat-form" @submit=${this.#submit}>
      <input
        type="text"
        name="message"
        autocomplete="off"
        maxlength=${LONGEST}
        aria-label=${label}
        placeholder=${label}
        data-testid="lobby-message-input"
      />
      <button
        type="submit"
        class="button primary icon-only"
        aria-label=${t("messages.send", { name: this.other })}
        data-testid="lobby-message-send"
      >
        ${icon("send")}
      </button>
    </form>`;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const input = this.querySelector("input");
    const text = oneLine(input?.value ?? "");
    if (input === null || text === "") return;
    input.value = "";
    try {
      const note = await this.send(text);
      this.sent = [...this.sent, note];
      this.failure = undefined;
      this.announcer.say(t("say.messageSent"));
    } catch (error) {
      this.failure = explain(error);
      if (input.value === "") input.value = text; // nothing that was typed is lost
    }
  }

  #tell(before: readonly Note[]): void {
    for (const { text } of newsFrom(before, this.notes, this.isHost)) {
      this.announcer.say(t("say.message", { name: this.other, text }));
    }
  }
}
