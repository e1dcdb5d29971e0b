/** What carries text messages: what it has to be told, and a message to try it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import { isLost, type Delivery } from "../../clinic/deliveries";
import { explain } from "../../clinic/problem";
import { CARRIERS, forgetCarrier, readCarrier, sendTest, type Carrier } from "../../clinic/templates";
import { t } from "../../texts/lookup";
import { field } from "../field";
import { FormView, type Entered } from "../form-view";
import "../confirm";
import type { Confirm } from "../confirm";
import "./carrier-form";
import type { CarrierForm } from "./carrier-form";

const PAUSE = 1000; // ms between two looks at what has become of it
const LOOKS = 15;

@customElement("hc-carrier")
export class CarrierView extends FormView {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) announcer!: Announcer;
  @state() private carrier: Carrier | undefined;
  @state() private sent: Delivery | undefined; // the message to try it

  #timer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override render(): TemplateResult {
    return html`<section class="section" aria-labelledby="carrier-heading" data-testid="carrier" data-provider=${this.carrier?.provider ?? nothing} data-own=${this.carrier?.own ?? nothing}>
      <h2 id="carrier-heading">${t("carrier.heading")}</h2>
      ${this.carrier === undefined ? this.failureNotice() : html`${this.#content(this.carrier)} ${this.#choice(this.carrier)}`}
      <hc-carrier-form .client=${this.client} @entered=${(event: CustomEvent<Carrier>) => this.#changed(event.detail)}></hc-carrier-form>
      <hc-confirm></hc-confirm>
    </section>`;
  }

  #choice(carrier: Carrier): TemplateResult {
    const button = (testid: string, label: string, run: () => void): TemplateResult =>
      html`<button type="button" class="button small" data-testid=${testid} @click=${run}>${label}</button>`;
    return html`<div class="row-actions">
      ${button("own-carrier", t(carrier.own ? "carrier.change" : "carrier.own"), () => void this.querySelector<CarrierForm>("hc-carrier-form")?.show(carrier))}
      ${carrier.own ? button("forget-carrier", t("carrier.forget"), () => void this.#forget()) : nothing}
    </div>`;
  }

  #changed(carrier: Carrier): void {
    this.carrier = carrier;
    this.sent = undefined;
    this.failure = undefined;
    this.announcer.say(t("clinic.saved"));
  }

  async #forget(): Promise<void> {
    const [heading, text] = [t("carrier.forget"), t("carrier.forgetText")];
    const sure = await this.querySelector<Confirm>("hc-confirm")?.ask({ heading, text, yes: heading });
    if (sure !== true) return;
    try {
      this.#changed(await forgetCarrier(this.client));
    } catch (error) {
      this.failure = explain(error);
    }
  }

  #content({ provider, sender, own, statusUrl, inboundUrl }: Carrier): TemplateResult {
    const known = CARRIERS.find((one) => one === provider);
    if (known === undefined) return html`<p class="hint" data-testid="no-carrier">${t("carrier.none")}</p>`;
    return html`<p>${t("carrier.by", { provider: t(`carrier.${known}`), sender: sender ?? "" })}</p>
      <p class="hint">${t(own ? "carrier.ownText" : "carrier.text")}</p>
      <dl class="facts">
        <dt>${t("carrier.inbound")}</dt>
        <dd class="secret">${inboundUrl}</dd>
        <dt>${t("carrier.status")}</dt>
        <dd class="secret">${statusUrl}</dd>
      </dl>
      <form
        class="stacked"
        novalidate
        data-testid="test-form"
        @submit=${(event: SubmitEvent) => this.submit(event, (entered) => this.#try(entered))}
      >
        ${field({ name: "phone", label: t("person.phone"), hint: t("carrier.phoneHint"), type: "tel", required: true, wrong: this.wrong.phone })}
        ${this.failureNotice()}
        <p role="status" data-testid="test-state" data-state=${this.sent?.state ?? nothing}>${this.#state}</p>
        <div class="form-buttons">${this.submitButton(t("carrier.test"), t("form.busy"))}</div>
      </form>`;
  }

  get #state(): string {
    const { sent } = this;
    if (sent === undefined) return "";
    const text = t("carrier.tested", { state: t(`delivery.${sent.state}`) });
    return isLost(sent.state) && sent.reason !== null ? `${text} (${sent.reason})` : text;
  }

  async #load(): Promise<void> {
    try {
      this.carrier = await readCarrier(this.client);
    } catch (error) {
      this.failure = explain(error);
    }
  }

  async #try({ phone = "" }: Entered): Promise<void> {
    clearTimeout(this.#timer);
    const id = await sendTest(this.client, phone);
    await this.#look(id, LOOKS);
  }

  /** Until something has become of it; keeps nobody signed in. */
  async #look(id: string, looks: number): Promise<void> {
    const sent = await this.client.ask<Delivery>("GET", `/mail/${id}`, { unattended: true });
    this.sent = sent;
    const isOnItsWay = sent.state === "waiting" || sent.state === "sending" || sent.state === "sent";
    if (!isOnItsWay || looks === 0 || !this.isConnected) return;
    const again = (): void => void this.#look(id, looks - 1).catch((error: unknown) => (this.failure = explain(error)));
    this.#timer = setTimeout(again, PAUSE);
  }
}
