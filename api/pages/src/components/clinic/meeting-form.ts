/** A dialog that makes a visit, or moves one. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { readConferencing, type Conferencing, type Provider } from "../../clinic/conferencing";
import { makeMeeting, moveMeeting, namesOf, type Meeting } from "../../clinic/meetings";
import { randomKey } from "../../clinic/once";
import type { Who } from "../../clinic/people";
import { fieldsOf, momentOf, nextQuarter } from "../../clinic/when";
import { t } from "../../texts/lookup";
import { choice, field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";
import { AUTO, lengths, places, USUAL } from "./meeting-fields";
import "./patient-picker";

/** Tells `made` or `moved` with the `Meeting`. */
@customElement("hc-meeting-form")
export class MeetingForm extends DialogForm {
  @property({ attribute: false }) who!: Who;
  @state() private meeting: Meeting | undefined; // undefined: a new one
  @state() private conferencing: Conferencing | undefined; // where a new one can be

  #key = ""; // a second click, or a second try after a lost answer, makes no second visit

  override async show(meeting?: Meeting): Promise<void> {
    this.meeting = meeting;
    this.#key = randomKey();
    if (meeting === undefined) void this.#askPlaces();
    await super.show();
  }

  protected override get texts(): DialogTexts {
    return this.meeting === undefined
      ? { heading: t("day.new"), button: t("visit.make") }
      : { heading: t("visit.move", { name: namesOf(this.meeting) }), button: t("form.save") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { meeting, wrong } = this;
    const begins = meeting === undefined ? nextQuarter(new Date()) : new Date(meeting.startsAt);
    const { date, time } = fieldsOf(begins);
    const minutes = meeting?.duration ?? USUAL;
    return html`${meeting === undefined ? this.#picker() : nothing}
      <div class="side-by-side">
        ${field({ name: "date", label: t("visit.date"), type: "date", value: date, wrong: wrong.date, required: true })}
        ${field({ name: "time", label: t("visit.time"), type: "time", value: time, wrong: wrong.time, required: true })}
      </div>
      ${choice(
        { name: "duration", label: t("visit.length"), value: String(minutes) },
        lengths(minutes),
      )}
      ${meeting === undefined ? places(this.conferencing) : nothing}`;
  }

  /** Without an answer it goes where the clinic has its visits. */
  async #askPlaces(): Promise<void> {
    this.conferencing = await readConferencing(this.client).catch(() => undefined);
  }

  #picker(): TemplateResult {
    return html`<hc-patient-picker
      .client=${this.client}
      .wrong=${this.wrong.patientId}
    ></hc-patient-picker>`;
  }

  protected override async save(entered: Entered): Promise<void> {
    const { date = "", time = "", duration, patientId = "" } = entered;
    const place = (entered.conferencing ?? AUTO) as Provider | typeof AUTO;
    const times = { startsAt: momentOf(date, time).toISOString(), duration: Number(duration) };
    const { meeting } = this;
    const saved =
      meeting === undefined
        ? await makeMeeting(this.client, patientId, times, this.#key, place)
        : await moveMeeting(this.client, meeting, times);
    this.close();
    this.tell(meeting === undefined ? "made" : "moved", saved);
  }
}
