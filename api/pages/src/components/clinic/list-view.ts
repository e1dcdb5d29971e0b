/** An element that loads what it shows, and says so while it does and when it fails. */

import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import type { Who } from "../../clinic/people";
import { t } from "../../texts/lookup";
import { notice } from "../notice";
import { Attempting } from "./attempting";

export abstract class ListView extends Attempting {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) who!: Who;
  @property({ attribute: false }) announcer!: Announcer;
  @state() protected loading = true;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.reload();
  }

  /** Asks for what is shown; raises `Problem`. */
  protected abstract load(): Promise<void>;

  protected async reload(): Promise<void> {
    await this.attempt(() => this.load());
    this.loading = false;
  }

  protected failureNotice(): TemplateResult | typeof nothing {
    if (this.failure === undefined) return nothing;
    const action = { label: t("problem.retry"), run: () => void this.reload() };
    return notice({ tone: "error", text: this.failure, testid: "error-message", action });
  }

  protected emptyOr(count: number, empty: string, rows: () => TemplateResult): TemplateResult {
    if (this.loading) return html`<p class="lead" aria-busy="true">${t("clinic.asking")}</p>`;
    return count === 0 ? html`<p class="lead" data-testid="empty">${empty}</p>` : rows();
  }
}
