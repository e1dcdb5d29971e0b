/** When somebody is free within a week, for the form around it: whose calendar, which day and length
 * are read from that form's fields. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { listSlots } from "../../clinic/calendar";
import type { Client } from "../../clinic/client";
import { explain } from "../../clinic/problem";
import { dayOf, showMoment, zone } from "../../clinic/when";
import { nameZone } from "../../clinic/zones";
import { t } from "../../texts/lookup";
import { View } from "../view";

const DAYS = 7;
const SHOWN = 12; // at once

/** Tells `chosen` with a moment in ISO 8601. */
@customElement("hc-free-times")
export class FreeTimes extends View {
  @property({ attribute: false }) client!: Client;
  @state() private slots: readonly string[] | undefined;
  @state() private shown = SHOWN;
  @state() private failure: string | undefined;

  protected override render(): TemplateResult {
    return html`<div class="stacked">
      <button type="button" class="button small" data-testid="free-times" @click=${() => this.#ask()}>
        ${t("free.show")}
      </button>
      <div role="status">${this.#content()}</div>
    </div>`;
  }

  #content(): TemplateResult | typeof nothing {
    const { slots, failure, shown } = this;
    if (failure !== undefined) return html`<p class="hint wrong">${failure}</p>`;
    if (slots === undefined) return nothing;
    if (slots.length === 0) return html`<p class="hint" data-testid="no-free-times">${t("free.none")}</p>`;
    return html`<p class="hint">${t("day.zone", { zone: nameZone(zone(), new Date(slots[0] ?? "")) })}</p>
      <ul class="slots">
        ${slots.slice(0, shown).map((slot) => this.#slot(slot))}
      </ul>
      ${slots.length <= shown ? nothing : this.#moreButton()}`;
  }

  #slot(slot: string): TemplateResult {
    const when = showMoment(slot);
    return html`<li>
      <button
        type="button"
        class="button small"
        aria-label=${t("free.take", { when })}
        data-testid="slot"
        @click=${() => this.tell("chosen", slot)}
      >
        ${when}
      </button>
    </li>`;
  }

  #moreButton(): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      data-testid="more-slots"
      @click=${() => (this.shown += SHOWN)}
    >
      ${t("free.more")}
    </button>`;
  }

  async #ask(): Promise<void> {
    const form = this.closest("form");
    if (form === null) return;
    const entered = new FormData(form);
    const day = new Date(`${String(entered.get("date"))}T00:00`);
    if (Number.isNaN(day.getTime())) return;
    const span = { from: day, to: dayOf(day, DAYS).from };
    try {
      const duration = Number(entered.get("duration"));
      this.slots = await listSlots(this.client, String(entered.get("staffId")), span, duration);
      this.shown = SHOWN;
      this.failure = undefined;
    } catch (error) {
      this.failure = explain(error);
    }
  }
}
