/** One's own account: the password, and where one is signed in. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { listSessions, type Session } from "../../clinic/account";
import { Problem } from "../../clinic/problem";
import { showMoment } from "../../clinic/when";
import { t } from "../../texts/lookup";
import "../confirm";
import type { Confirm } from "../confirm";
import { ListView } from "./list-view";
import "./password-form";
import type { PasswordForm } from "./password-form";

@customElement("hc-account")
export class Account extends ListView {
  @state() private sessions: readonly Session[] = [];

  protected override async load(): Promise<void> {
    this.sessions = await listSessions(this.client);
  }

  protected override render(): TemplateResult {
    const change = (): void => void this.querySelector<PasswordForm>("hc-password-form")?.show();
    return html`<section class="section" aria-labelledby="account-heading">
        <div class="page-head">
          <h2 id="account-heading" tabindex="-1">${t("account.heading")}</h2>
          <div class="row-actions">
            <button type="button" class="button" data-testid="change-password" @click=${change}>
              ${t("account.password")}
            </button>
            <button
              type="button"
              class="button"
              data-testid="sign-out-everywhere"
              @click=${() => this.#signOutEverywhere()}
            >
              ${t("account.everywhere")}
            </button>
          </div>
        </div>
        ${this.failureNotice()}
        ${this.emptyOr(
          this.sessions.length,
          t("clinic.failed"),
          () => html`<ul class="rows">
            ${this.sessions.map((one) => this.#row(one))}
          </ul>`,
        )}
      </section>
      <hc-password-form .client=${this.client} @changed=${() => this.#changed()}></hc-password-form>
      <hc-confirm></hc-confirm>`;
  }

  #row({ id, begunAt, seenAt, current }: Session): TemplateResult {
    const when = { since: showMoment(begunAt), seen: showMoment(seenAt) };
    return html`<li class="row" data-testid="session" data-state=${current ? "current" : "other"}>
      <div class="row-main">
        <h3>${t(current ? "account.here" : "account.elsewhere")}</h3>
        <p class="hint">${t("account.times", when)}</p>
      </div>
      ${current ? nothing : this.#endButton(id, when.since)}
    </li>`;
  }

  #endButton(id: string, since: string): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t("account.endLong", { since })}
      data-testid="end-session"
      @click=${() => this.#end(id)}
    >
      ${t("office.signOut")}
    </button>`;
  }

  async #changed(): Promise<void> {
    await this.reload();
    this.announcer.say(t("account.changed"));
    await this.keepFocus("#account-heading");
  }

  async #end(id: string): Promise<void> {
    await this.attempt(async () => {
      await this.client.ask("DELETE", `/sessions/${id}`);
      await this.load();
      this.announcer.say(t("clinic.saved"));
    });
    await this.keepFocus("#account-heading");
  }

  async #signOutEverywhere(): Promise<void> {
    const sure = await this.querySelector<Confirm>("hc-confirm")?.ask({
      heading: t("account.everywhere"),
      text: t("account.everywhereText"),
      yes: t("account.everywhere"),
    });
    if (sure !== true) return;
    await this.attempt(async () => {
      await this.client.ask("DELETE", "/sessions");
      const data = new Problem(401, "signed_off");
      this.client.dispatchEvent(new MessageEvent("signed-out", { data }));
    });
  }
}
