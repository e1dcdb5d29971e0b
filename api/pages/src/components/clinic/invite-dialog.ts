/** How people get to a visit: by a letter, a text message, or a link that staff hand over; and what
 * became of what was sent. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Client } from "../../clinic/client";
import { invite, type Channel } from "../../clinic/deliveries";
import { patientOf, type Meeting, type Participant } from "../../clinic/meetings";
import type { Link } from "../../clinic/people";
import { explain } from "../../clinic/problem";
import { t } from "../../texts/lookup";
import { notice } from "../notice";
import { View } from "../view";
import "./deliveries";
import type { ShownLink } from "./link-dialog";

/** Tells `link` with a `ShownLink`, `sent` with the name of who was written to. */
@customElement("hc-invite-dialog")
export class InviteDialog extends View {
  @property({ attribute: false }) client!: Client;
  @state() private meeting: Meeting | undefined;
  @state() private busy = false;
  @state() private failure: string | undefined;

  async show(meeting: Meeting): Promise<void> {
    this.meeting = undefined; // what became of invitations is asked anew
    this.failure = undefined;
    await this.updateComplete;
    this.meeting = meeting;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    return html`<dialog class="dialog" aria-labelledby="invite-dialog-heading" data-testid="invite-dialog">
      ${this.meeting === undefined ? nothing : this.#content(this.meeting)}
    </dialog>`;
  }

  #content(meeting: Meeting): TemplateResult {
    const patient = patientOf(meeting);
    const heading = patient === undefined ? t("invitation.all") : t("invitation.heading", { name: patient.name ?? "" });
    return html`<h2 id="invite-dialog-heading">${heading}</h2>
      ${patient === undefined ? nothing : html`<p>${t("invitation.text")}</p>`}
      ${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
      <div class="form-buttons">
        ${this.#button("invite-close", t("form.close"), () => this.#close())}
        ${patient === undefined ? nothing : this.#ways(patient)}
      </div>
      <hc-deliveries
        .client=${this.client}
        .meeting=${meeting}
        .busy=${this.busy}
        @again=${({ detail }: CustomEvent<Again>) => this.#send(detail.person, detail.channel)}
      ></hc-deliveries>`;
  }

  #ways(patient: Participant): TemplateResult {
    return html`${this.#button("invite-link", t("invitation.link"), () => this.#makeLink(patient))}
      ${this.#button("invite-text", t("invitation.sms"), () => this.#send(patient, "sms"))}
      ${this.#button("invite-mail", t("invitation.mail"), () => this.#send(patient, "mail"))}`;
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

  async #send(person: Participant, channel: Channel): Promise<void> {
    await this.#try(async (meeting) => {
      await invite(this.client, meeting, person.id, channel);
      this.#close();
      this.tell("sent", person.name ?? "");
    });
  }

  async #makeLink({ name, subjectId }: Participant): Promise<void> {
    await this.#try(async () => {
      const link = await this.client.ask<Link>("POST", `/patients/${subjectId}/links`, { body: {} });
      this.#close();
      const heading = t("patients.linkHeading");
      this.tell<ShownLink>("link", { link, heading, text: t("patients.linkText", { name: name ?? "" }) });
    });
  }

  async #try(action: (meeting: Meeting) => Promise<void>): Promise<void> {
    const { meeting } = this;
    if (meeting === undefined || this.busy) return;
    this.busy = true;
    try {
      await action(meeting);
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

interface Again {
  readonly person: Participant;
  readonly channel: Channel;
}
