/** Staff sign in: e-mail address, password, the code of an authenticator. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Client } from "../../clinic/client";
import { Problem } from "../../clinic/problem";
import { readWorkspace, writeWorkspace } from "../../preferences";
import { t } from "../../texts/lookup";
import { field } from "../field";
import { FormView, type Entered } from "../form-view";
import { masthead } from "../language-menu";
import { notice } from "../notice";
import { codeField } from "./code-field";

/** Tells `entered` once there is a session. */
@customElement("hc-sign-in")
export class SignIn extends FormView {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) reason: string | undefined; // why one is here again
  @state() private workspace = readWorkspace(localStorage);
  @state() private asksWorkspace = this.workspace !== "";

  protected override render(): TemplateResult {
    return html`<main class="lobby">
      ${masthead(t("page.product"))}
      <form
        class="plain-card"
        novalidate
        @submit=${(event: SubmitEvent) => this.submit(event, (entered) => this.#signIn(entered))}
      >
        <h1 tabindex="-1">${t("signIn.heading")}</h1>
        ${this.reason === undefined ? nothing : notice({ tone: "info", text: this.reason, testid: "reason" })}
        ${this.#fields()} ${this.failureNotice()}
        ${this.submitButton(t("signIn.button"), t("signIn.busy"))}
        <p class="hint">${t("signIn.lost")}</p>
        <p class="hint">${t("signIn.patients")}</p>
      </form>
    </main>`;
  }

  #fields(): TemplateResult {
    const { wrong } = this;
    return html`${
      this.asksWorkspace
        ? field({
            name: "workspace",
            label: t("signIn.workspace"),
            hint: t("signIn.workspaceHint"),
            value: this.workspace,
            wrong: wrong.workspace,
            autocomplete: "organization",
            maxlength: 64,
          })
        : nothing
    }
    ${field({
      name: "email",
      label: t("person.email"),
      type: "email",
      wrong: wrong.email,
      autocomplete: "username",
      required: true,
    })}
    ${field({
      name: "password",
      label: t("person.password"),
      type: "password",
      wrong: wrong.password,
      autocomplete: "current-password",
      required: true,
      maxlength: 256,
    })}
    ${codeField(wrong.code)}`;
  }

  async #signIn({ workspace = "", email, password, code }: Entered): Promise<void> {
    const named = workspace.trim().toLowerCase();
    this.workspace = named;
    const body = { email, password, code, ...(named !== "" && { workspace: named }) };
    try {
      await this.client.ask("POST", "/sessions", { body });
    } catch (error) {
      if (error instanceof Problem && error.kind === "unknown_workspace") this.asksWorkspace = true;
      throw error;
    }
    writeWorkspace(localStorage, named);
    this.tell("entered");
  }
}
