/** What became of the invitations and reminders of a visit, and what was answered. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Client } from "../../clinic/client";
import {
  isLost,
  listReminders,
  readInvitations,
  type Channel,
  type Delivery,
  type DeliveryState,
  type Invitation,
} from "../../clinic/deliveries";
import { isOver, type Meeting, type Participant } from "../../clinic/meetings";
import { explain } from "../../clinic/problem";
import { showMoment } from "../../clinic/when";
import { t } from "../../texts/lookup";
import { View } from "../view";

/** Tells `again` with the person and the channel of what is to be sent once more. */
@customElement("hc-deliveries")
export class Deliveries extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) meeting!: Meeting;
  @property({ attribute: false }) busy = false;
  @state() private invitations: readonly Invitation[] | undefined;
  @state() private reminders: readonly Delivery[] = [];
  @state() private failure: string | undefined;

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("meeting")) void this.#ask();
  }

  protected override render(): TemplateResult {
    return html`<section class="section" aria-labelledby="deliveries-heading">
      <h3 id="deliveries-heading">${t("deliveries.heading")}</h3>
      ${this.failure === undefined ? nothing : html`<p class="hint wrong">${this.failure}</p>`}
      ${this.#list()}
    </section>`;
  }

  #list(): TemplateResult | typeof nothing {
    const { invitations, failure } = this;
    if (invitations === undefined) {
      return failure === undefined ? html`<p aria-busy="true">${t("clinic.asking")}</p>` : nothing;
    }
    if (invitations.length === 0) return html`<p class="hint" data-testid="not-invited">${t("deliveries.none")}</p>`;
    return html`<ul class="rows">
      ${invitations.map((one) => this.#row(one))}
    </ul>`;
  }

  #row(invitation: Invitation): TemplateResult | typeof nothing {
    const { participantId, channel, state: how, sentAt } = invitation;
    const person = this.meeting.participants.find(({ id }) => id === participantId);
    if (person === undefined) return nothing;
    const reminders = this.reminders.filter(({ subjectId }) => subjectId === person.subjectId);
    return html`<li class="row" data-testid="delivery" data-state=${how} data-channel=${channel}>
      <div class="row-main">
        <strong>${person.name ?? ""}</strong>
        <p class="hint">
          ${channel === null || how === null || sentAt === null ? nothing : told("deliveries.invited", { channel, state: how, at: sentAt, reason: invitation.reason })}
        </p>
        ${reminders.map(({ channel: by, state: is, createdAt: at, reason }) => html`<p class="hint" data-testid="reminder" data-state=${is}>${told("deliveries.reminded", { channel: by, state: is, at, reason })}</p>`)}
      </div>
      <span class="tag ${invitation.rsvp === "accepted" ? "tag-active" : ""}">${t(`rsvp.${invitation.rsvp}`)}</span>
      ${channel === null || isOver(this.meeting) ? nothing : this.#againButton(person, channel)}
    </li>`;
  }

  #againButton(person: Participant, channel: Channel): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t("deliveries.againLong", { name: person.name ?? "" })}
      aria-disabled=${this.busy}
      data-testid="send-again"
      @click=${() => this.tell("again", { person, channel })}
    >
      ${t("deliveries.again")}
    </button>`;
  }

  async #ask(): Promise<void> {
    const { meeting } = this;
    try {
      const [invitations, reminders] = await Promise.all([
        readInvitations(this.client, meeting),
        listReminders(this.client, meeting),
      ]);
      if (meeting !== this.meeting) return;
      [this.invitations, this.reminders, this.failure] = [invitations, reminders, undefined];
    } catch (error) {
      this.failure = explain(error);
    }
  }
}

interface Told {
  readonly channel: Channel;
  readonly state: DeliveryState;
  readonly at: string;
  readonly reason: string | null;
}

/** "Invited by e-mail, Mar 4, 2027, 2:30 PM: has come back (550)". */
function told(key: "deliveries.invited" | "deliveries.reminded", { channel, state: how, at, reason }: Told): string {
  const text = t(key, {
    channel: t(`channel.${channel}`),
    when: showMoment(at),
    state: t(`delivery.${how}`),
  });
  return isLost(how) && reason !== null ? `${text} (${reason})` : text;
}
