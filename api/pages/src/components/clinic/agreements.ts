/** Which workspaces may serve those who wait here, and which ones this one serves: the owner's. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { listAgreements, type Agreement, type Side } from "../../clinic/hq";
import { Problem } from "../../clinic/problem";
import { t } from "../../texts/lookup";
import "../confirm";
import type { Confirm } from "../confirm";
import { field } from "../field";
import { ListView } from "./list-view";

/** Tells `agreed` when something of it has changed. */
@customElement("hc-agreements")
export class Agreements extends ListView {
  @state() private servedBy: readonly Agreement[] = [];
  @state() private members: readonly Agreement[] = [];
  @state() private isInPlan = true;

  protected override async load(): Promise<void> {
    try {
      this.servedBy = await listAgreements(this.client, "served-by");
      this.members = await listAgreements(this.client, "members");
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "plan_required") throw error;
      this.isInPlan = false;
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.isInPlan) return nothing;
    return html`<section class="section" aria-labelledby="agreements-heading" data-testid="agreements">
        <h2 id="agreements-heading" tabindex="-1">${t("hq.agreements")}</h2>
        <p>${t("hq.agreementsText")}</p>
        ${this.failureNotice()} ${this.#list("served-by", this.servedBy)}
        ${this.#list("members", this.members)}
        <form class="form" @submit=${(event: SubmitEvent) => void this.#offer(event)}>
          ${field({ name: "hq", label: t("hq.offerTo"), hint: t("hq.offerHint"), required: true, maxlength: 64 })}
          <button class="button" data-testid="hq-offer">${t("hq.offer")}</button>
        </form>
      </section>
      <hc-confirm></hc-confirm>`;
  }

  #list(side: Side, agreements: readonly Agreement[]): TemplateResult | typeof nothing {
    const living = agreements.filter(({ state }) => state !== "ended");
    if (living.length === 0) return nothing;
    return html`<h3>${t(`hq.side.${side}`)}</h3>
      <ul class="rows">
        ${living.map((one) => this.#row(side, one))}
      </ul>`;
  }

  #row(side: Side, agreement: Agreement): TemplateResult {
    const { title, state } = agreement;
    const accepts = side === "members" && state === "offered";
    return html`<li class="row" data-testid="agreement" data-state=${state}>
      <div class="row-main">
        <h4>${title}</h4>
        <p class="hint">${t(`hq.state.${state}`)}</p>
      </div>
      <div class="row-actions">
        ${accepts ? this.#button("hq.accept", "hq-accept", title, () => this.#accept(agreement)) : nothing}
        ${this.#button("hq.end", "hq-agreement-end", title, () => this.#end(side, agreement))}
      </div>
    </li>`;
  }

  #button(
    key: "hq.accept" | "hq.end",
    testid: string,
    clinic: string,
    run: () => Promise<void>,
  ): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t(`${key}Long`, { clinic })}
      data-testid=${testid}
      @click=${() => void run()}
    >
      ${t(key)}
    </button>`;
  }

  async #offer(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const workspace = String(new FormData(form).get("hq")).trim();
    if (await this.#do(() => this.client.ask("POST", "/hq/served-by", { body: { workspace } }))) form.reset();
  }

  async #accept({ id }: Agreement): Promise<void> {
    await this.#do(() => this.client.ask("POST", `/hq/members/${id}/accept`));
  }

  async #end(side: Side, { id, title: clinic }: Agreement): Promise<void> {
    const sure = await this.querySelector<Confirm>("hc-confirm")?.ask({
      heading: t("hq.endLong", { clinic }),
      text: t("hq.endText"),
      yes: t("hq.end"),
    });
    if (sure === true) await this.#do(() => this.client.ask("DELETE", `/hq/${side}/${id}`));
  }

  async #do(action: () => Promise<unknown>): Promise<boolean> {
    const was = await this.attempt(async () => {
      await action();
      await this.load();
      this.tell("agreed");
      this.announcer.say(t("clinic.saved"));
    });
    await this.keepFocus("h2");
    return was;
  }
}
