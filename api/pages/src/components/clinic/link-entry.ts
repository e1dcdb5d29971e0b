/** A patient or guest comes by a link: one click, and a date of birth where the clinic knows it.
 *
 * The click is there because the link serves once: programs that look into mail open pages too.
 */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Client } from "../../clinic/client";
import { Problem } from "../../clinic/problem";
import { t } from "../../texts/lookup";
import { field } from "../field";
import { FormView, type Entered } from "../form-view";
import { masthead } from "../language-menu";

interface Session {
  readonly meetingId: string | null; // to which the link was an invitation
}

/** Tells `entered` once there is a session, with the id of the visit that the link invited to. */
@customElement("hc-link-entry")
export class LinkEntry extends FormView {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) token = "";
  @state() private asksBirthDate = false;

  protected override render(): TemplateResult {
    return html`<main class="lobby">
      ${masthead(t("page.product"))}
      <form
        class="plain-card"
        novalidate
        @submit=${(event: SubmitEvent) => this.submit(event, (entered) => this.#enter(entered))}
      >
        <h1 tabindex="-1">${t("entry.heading")}</h1>
        <p class="lead">${t("entry.intro")}</p>
        ${this.asksBirthDate ? this.#birthDate() : nothing} ${this.failureNotice()}
        ${this.submitButton(t("entry.button"), t("entry.busy"))}
        <p class="hint"><a href="#/">${t("entry.staff")}</a></p>
      </form>
    </main>`;
  }

  #birthDate(): TemplateResult {
    return field({
      name: "birthDate",
      label: t("person.birthDate"),
      type: "date",
      hint: t("entry.birthDateHint"),
      wrong: this.wrong.birthDate,
      autocomplete: "bday",
      required: true,
    });
  }

  async #enter({ birthDate }: Entered): Promise<void> {
    const body = { token: this.token, ...(birthDate !== undefined && { birthDate }) };
    let visit: string | null = null;
    try {
      const session = await this.client.ask<Session>("POST", "/sessions/link", { body });
      visit = session.meetingId ?? null;
    } catch (error) {
      const kind = error instanceof Problem ? error.kind : "";
      if (kind === "birth_date_needed") return this.#askBirthDate();
      if (kind !== "link_not_good" || !(await this.#isIn())) throw error;
    }
    this.tell("entered", visit);
  }

  async #askBirthDate(): Promise<void> {
    this.asksBirthDate = true;
    await this.updateComplete;
    this.querySelector<HTMLElement>("input[name=birthDate]")?.focus();
  }

  /** Who opens the link a second time may still be in by the first. */
  async #isIn(): Promise<boolean> {
    const asked = this.client.ask("GET", "/sessions/current", { quiet: true });
    return asked.then(
      () => true,
      () => false,
    );
  }
}
