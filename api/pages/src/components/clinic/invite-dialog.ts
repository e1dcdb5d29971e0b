/** How a patient gets to a visit: by a letter, or by a link that staff hand over. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Client } from "../../clinic/client";
import { inviteByMail, patientOf, type Meeting } from "../../clinic/meetings";
import type { Link } from "../../clinic/people";
import { explain } from "../../clinic/problem";
import { t } from "../../texts/lookup";
import { notice } from "../notice";
import { View } from "../view";
import type { ShownLink } from "./link-dialog";

/** Tells `link` with a `ShownLink`, `sent` with the name of who was written to. */
@customElement("hc-invite-dialog")
export class InviteDialog extends View {
  @property({ attribute: false }) client!: Client;
  @state() private meeting: Meeting | undefined;
  @state() private busy = false;
  @state() private failure: string | undefined;

  async show(meeting: Meeting): Promise<void> {
    this.meeting = meeting;
    this.failure = undefined;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    return html`<dialog class="dialog" aria-labelledby="invite-dialog-heading" data-testid="invite-dialog">
      ${this.meeting === undefined ? nothing : this.#content(this.meeting)}
    </dialog>`;
  }

  #content(meeting: Meeting): TemplateResult {
    const name = patientOf(meeting)?.name ?? "";
    return html`<h2 id="invite-dialog-heading">${t("invitation.heading", { name })}</h2>
      <p>${t("invitation.text")}</p>
      ${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
      <div class="form-buttons">
        ${this.#button("invite-close", t("form.close"), () => this.#close())}
        ${this.#button("invite-link", t("invitation.link"), () => this.#makeLink(meeting))}
        ${this.#button("invite-mail", t("invitation.mail"), () => this.#sendMail(meeting))}
      </div>`;
  }

  #button(testid: string, label: string, run: () => unknown): TemplateResult {
    return html`<button
      type="button"
      class="button ${testid === "invite-mail" ? "primary" : ""}"
      aria-disabled=${this.busy}
      data-testid=${testid}
      @click=${run}
    >
      ${label}
    </button>`;
  }

  async #sendMail(meeting: Meeting): Promise<void> {
    await this.#try(meeting, async (id, name) => {
      await inviteByMail(this.client, meeting, id);
      this.#close();
      this.tell("sent", name);
    });
  }

  async #makeLink(meeting: Meeting): Promise<void> {
    await this.#try(meeting, async (_, name, patient) => {
      const path = `/patients/${patient}/links`;
      const link = await this.client.ask<Link>("POST", path, { body: {} });
      this.#close();
      const heading = t("patients.linkHeading");
      this.tell<ShownLink>("link", { link, heading, text: t("patients.linkText", { name }) });
    });
  }

  async #try(
    meeting: Meeting,
    action: (participant: string, name: string, patient: string) => Promise<void>,
  ): Promise<void> {
    const patient = patientOf(meeting);
    if (patient === undefined || this.busy) return;
    this.busy = true;
    try {
      await action(patient.id, patient.name ?? "", patient.subjectId);
      this.failure = undefined;
    } catch (error) {
      this.failure = explain(error);
    } finally {
      this.busy = false;
    }
  }

  #close(): void {
    this.querySelector("dialog")?.close();
  }
}
