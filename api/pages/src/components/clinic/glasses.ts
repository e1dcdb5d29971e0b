/** Who opened which restricted record in an emergency, and why: for owners and auditors. */

import { html, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { listAll, type BrokenGlass } from "../../clinic/house";
import { showMoment, showTime } from "../../clinic/when";
import { t } from "../../texts/lookup";
import { ListView } from "./list-view";

@customElement("hc-glasses")
export class Glasses extends ListView {
  @state() private glasses: readonly BrokenGlass[] = [];

  protected override async load(): Promise<void> {
    const all = await listAll<BrokenGlass>(this.client, "/broken-glasses");
    this.glasses = all.sort((one, other) => other.brokenAt.localeCompare(one.brokenAt));
  }

  protected override render(): TemplateResult {
    return html`<section class="section" aria-labelledby="glasses-heading">
      <h2 id="glasses-heading">${t("glasses.heading")}</h2>
      <p class="hint">${t("glasses.text")}</p>
      ${this.failureNotice()}
      ${this.emptyOr(
        this.glasses.length,
        t("glasses.none"),
        () => html`<ul class="rows">${this.glasses.map(row)}</ul>`,
      )}
    </section>`;
  }
}

function row(glass: BrokenGlass): TemplateResult {
  const who = glass.staffName ?? "";
  const patient = glass.patientName ?? t("glasses.somebody");
  const [from, until] = [showMoment(glass.brokenAt), showTime(glass.expiresAt)];
  return html`<li class="row" data-testid="glass">
    <div class="row-main">
      <h3>${t("glasses.row", { who, patient })}</h3>
      <p>${glass.reason}</p>
      <p class="hint">${t("glasses.times", { from, until })}</p>
    </div>
  </li>`;
}
