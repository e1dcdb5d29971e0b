/** What staff should know of the server: it stands above their pages for as long as it is so. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Client } from "../../clinic/client";
import { Poll } from "../../poll";
import { adviceOf, readStanding, troubles, type Standing } from "../../status";
import { notice } from "../notice";
import { View } from "../view";

const PAUSE = 10_000; // ms: with the server's own minute there are 90 s from the failure to the banner

@customElement("hc-status-banner")
export class StatusBanner extends View {
  @property({ attribute: false }) client!: Client;
  @state() private standing: Standing | undefined;

  #poll: Poll | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#poll = new Poll(() => this.#look(), PAUSE);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#poll?.stop();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.standing === undefined) return nothing;
    return html`${repeat(
      troubles(this.standing),
      ({ part }) => part,
      (one) => notice({ tone: "warning", text: adviceOf(one), testid: "server-trouble" }),
    )}`;
  }

  /** What was known last stays while the server cannot be asked: that is said elsewhere. */
  async #look(): Promise<boolean> {
    try {
      this.standing = await readStanding(this.client);
      return true;
    } catch {
      return false;
    }
  }
}
