/** A patient's own word about being sent text messages: given and taken back by themselves. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import { noteTexting, readTexting, type Texting } from "../../clinic/deliveries";
import { explain } from "../../clinic/problem";
import { t } from "../../texts/lookup";
import { notice } from "../notice";
import { View } from "../view";

/** Nothing where the clinic has no number of theirs, or sends no text messages. */
@customElement("hc-own-texting")
export class OwnTexting extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) announcer!: Announcer;
  @property({ attribute: false }) patientId = "";
  @state() private texting: Texting | undefined;
  @state() private failure: string | undefined;
  @state() private busy = false;

  override connectedCallback(): void {
    super.connectedCallback();
    // Who is not asked today can be asked another time.
    void readTexting(this.client, this.patientId).then(
      (texting) => (this.texting = texting),
      () => undefined,
    );
  }

  protected override render(): TemplateResult | typeof nothing {
    const { texting, failure } = this;
    if (texting === undefined || !texting.offered || texting.number === null) return nothing;
    const { mayBeTexted, number } = texting;
    return html`<section class="group" aria-labelledby="own-texting" data-testid="own-texting" data-given=${mayBeTexted}>
      <h2 id="own-texting">${t("ownTexting.heading")}</h2>
      <p>${t(mayBeTexted ? "ownTexting.yes" : "ownTexting.ask", { number })}</p>
      ${failure === undefined ? nothing : notice({ tone: "error", text: failure, testid: "error-message" })}
      <button
        type="button"
        class="button small"
        aria-disabled=${this.busy}
        data-testid="own-texting-button"
        @click=${() => this.#say(!mayBeTexted)}
      >
        ${t(mayBeTexted ? "ownTexting.stop" : "ownTexting.agree")}
      </button>
    </section>`;
  }

  async #say(given: boolean): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      this.texting = await noteTexting(this.client, this.patientId, given, "click");
      this.failure = undefined;
      this.announcer.say(t("clinic.saved"));
    } catch (error) {
      this.failure = explain(error);
    } finally {
      this.busy = false;
    }
  }
}
