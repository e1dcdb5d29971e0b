/** The first owner, or somebody invited, sets password and authenticator by a link. */

import { html, svg, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Client } from "../../clinic/client";
import type { Opened } from "../../clinic/people";
import { drawQr } from "../../clinic/qr";
import { t } from "../../texts/lookup";
import { field } from "../field";
import { FormView, type Entered } from "../form-view";
import { masthead } from "../language-menu";
import { codeField } from "./code-field";

const SHORTEST = 12; // characters of a password, as api/rules/credentials.py has it

/** Tells `entered` once there is a session. */
@customElement("hc-set-up")
export class SetUp extends FormView {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) token = "";
  @property({ attribute: false }) opened!: Opened;
  @state() private showsPassword = false;

  protected override render(): TemplateResult {
    const { opened } = this;
    return html`<main class="lobby">
      ${masthead(t("page.product"))}
      <form
        class="plain-card"
        novalidate
        @submit=${(event: SubmitEvent) => this.submit(event, (entered) => this.#accept(entered))}
      >
        <h1 tabindex="-1">${t("setUp.heading", { title: opened.title })}</h1>
        <p class="lead">${t("setUp.intro", { role: t(`role.${opened.role}`) })}</p>
        ${this.#authenticator()} ${this.#person()} ${this.failureNotice()}
        ${this.submitButton(t("setUp.button"), t("setUp.busy"))}
      </form>
    </main>`;
  }

  #authenticator(): TemplateResult {
    const { uri, secret } = this.opened;
    const { size, path } = drawQr(uri);
    return html`<fieldset class="group">
      <legend>${t("setUp.authenticator")}</legend>
      <p>${t("setUp.scan")}</p>
      <svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label=${t("setUp.qr")}>
        ${svg`<rect class="qr-ground" width=${size} height=${size} /><path d=${path} />`}
      </svg>
      <p class="hint">${t("setUp.byHand")}</p>
      <p><code class="secret" data-testid="totp-secret">${inFours(secret)}</code></p>
      <p><a href=${uri} data-testid="totp-uri">${t("setUp.onThisDevice")}</a></p>
      ${codeField(this.wrong.code)}
    </fieldset>`;
  }

  #person(): TemplateResult {
    const { opened, wrong } = this;
    return html`<fieldset class="group">
      <legend>${t("setUp.you")}</legend>
      ${field({
        name: "name",
        label: t("person.name"),
        hint: t("setUp.nameHint"),
        value: opened.name ?? "",
        wrong: wrong.name,
        autocomplete: "name",
        required: true,
      })}
      ${field({
        name: "email",
        label: t("person.email"),
        type: "email",
        hint: t("setUp.emailHint"),
        value: opened.email ?? "",
        wrong: wrong.email,
        autocomplete: "username",
        required: true,
        maxlength: 254,
      })}
      ${field({
        name: "password",
        label: t("person.password"),
        type: this.showsPassword ? "text" : "password",
        hint: t("setUp.passwordHint", { count: SHORTEST }),
        wrong: wrong.password,
        autocomplete: "new-password",
        required: true,
        minlength: SHORTEST,
        maxlength: 256,
      })}
      <button
        type="button"
        class="button small"
        aria-pressed=${this.showsPassword}
        data-testid="show-password"
        @click=${() => (this.showsPassword = !this.showsPassword)}
      >
        ${t("setUp.showPassword")}
      </button>
    </fieldset>`;
  }

  async #accept({ name, email, password, code }: Entered): Promise<void> {
    const body = { token: this.token, name, email, password, code };
    await this.client.ask("POST", "/links/accept", { body });
    this.tell("entered");
  }
}

/** As people read it out. */
function inFours(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}
