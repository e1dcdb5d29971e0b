/** A dialog that makes an event: a visit or a series with a place for it, or a busy time. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { makeEvent, type CalendarEvent, type EventKind, type Frequency } from "../../clinic/calendar";
import { readConferencing, type Conferencing, type Provider } from "../../clinic/conferencing";
import { randomKey } from "../../clinic/once";
import type { Member, Who } from "../../clinic/people";
import { Problem } from "../../clinic/problem";
import { dayOf, fieldsOf, nextQuarter, zone } from "../../clinic/when";
import { wallIn, zones } from "../../clinic/zones";
import { t } from "../../texts/lookup";
import { checkbox, choice, field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";
import "./free-times";
import { lengths, places, USUAL } from "./meeting-fields";
import "./patient-picker";
import { recurrenceFields, recurrenceOf } from "./recurrence";

interface Begun {
  readonly staffId: string | undefined; // whose calendar; undefined: everybody's is shown
  readonly colleagues: readonly Member[];
  readonly day: Date; // that is shown
}

/** Tells `made` with the `CalendarEvent`. */
@customElement("hc-event-form")
export class EventForm extends DialogForm {
  @property({ attribute: false }) who!: Who;
  @state() private begun: Begun | undefined;
  @state() private kind: EventKind = "visit";
  @state() private frequency: Frequency | undefined;
  @state() private conferencing: Conferencing | undefined;
  @state() private isTaken = false; // there is something else then

  #key = ""; // a second try after a lost answer makes no second event

  override async show(begun?: Begun): Promise<void> {
    this.begun = begun;
    this.kind = "visit";
    this.frequency = undefined;
    this.isTaken = false;
    this.#key = randomKey();
    void this.#askPlaces();
    await super.show();
  }

  protected override get texts(): DialogTexts {
    return { heading: t("event.new"), button: t("event.make") };
  }

  protected override fields(): TemplateResult {
    const { wrong, kind } = this;
    const isVisit = kind === "visit";
    const { date, time } = this.#begins;
    return html`<div @change=${({ target }: Event) => (this.kind = (target as HTMLSelectElement).value as EventKind)}>
        ${choice({ name: "kind", label: t("event.kind"), value: kind }, [
          { value: "visit", label: t("event.visit") },
          { value: "busy", label: t("event.busy") },
        ])}
      </div>
      ${isVisit ? html`<hc-patient-picker .client=${this.client} .wrong=${wrong.patientId}></hc-patient-picker>` : nothing}
      ${this.#whose()}
      <div class="side-by-side">
        ${field({ name: "date", label: t("visit.date"), type: "date", value: date, wrong: wrong.date, required: true })}
        ${field({ name: "time", label: t("visit.time"), type: "time", value: time, wrong: wrong.time, required: true })}
        ${choice({ name: "duration", label: t("visit.length"), value: String(USUAL) }, lengths(USUAL))}
      </div>
      ${choice(
        { name: "timeZone", label: t("house.timeZone"), hint: t("event.zoneHint"), value: zone() },
        zones(zone()).map((name) => ({ value: name, label: name })),
      )}
      ${isVisit ? html`<hc-free-times .client=${this.client} @chosen=${(event: CustomEvent<string>) => this.#choose(event.detail)}></hc-free-times>` : nothing}
      ${isVisit ? places(this.conferencing) : nothing}
      ${recurrenceFields(this.frequency, wrong, (frequency) => (this.frequency = frequency))}
      ${isVisit ? checkbox({ name: "invite", label: t("event.invite"), hint: t("event.inviteHint") }, false) : nothing}
      ${this.isTaken ? checkbox({ name: "overlapping", label: t("event.overlapping") }, false) : nothing}`;
  }

  #whose(): TemplateResult {
    const { begun, who } = this;
    const people = (begun?.colleagues ?? []).map(({ id, name }) => ({ value: id, label: name ?? "" }));
    const told = { name: "staffId", label: t("calendar.whose"), value: begun?.staffId ?? who.id };
    return choice(told, people);
  }

  /** Today the next quarter of an hour; on other days nine. */
  get #begins(): { readonly date: string; readonly time: string } {
    const now = new Date();
    const day = this.begun?.day ?? now;
    if (day.getTime() <= dayOf(now).from.getTime()) return fieldsOf(nextQuarter(now));
    return { date: fieldsOf(day).date, time: "09:00" };
  }

  /** A time that is free, as the chosen zone's clock has it. */
  #choose(startsAt: string): void {
    const chosen = this.querySelector<HTMLSelectElement>("[name=timeZone]")?.value ?? zone();
    for (const [name, value] of Object.entries(wallIn(chosen, new Date(startsAt)))) {
      const input = this.querySelector<HTMLInputElement>(`input[name=${name}]`);
      if (input !== null) input.value = value;
    }
    this.querySelector<HTMLInputElement>("input[name=time]")?.focus();
  }

  /** Without an answer it goes where the clinic has its visits. */
  async #askPlaces(): Promise<void> {
    this.conferencing = await readConferencing(this.client).catch(() => undefined);
  }

  protected override async save(entered: Entered): Promise<void> {
    const { date = "", time = "", timeZone = zone(), staffId = this.who.id, patientId } = entered;
    const recurrence = recurrenceOf(entered);
    const isVisit = this.kind === "visit";
    const wanted = {
      kind: this.kind, date, time, timeZone, staffId, duration: Number(entered.duration),
      overlapping: entered.overlapping === "on", invite: isVisit && entered.invite === "on",
      ...(isVisit && patientId !== undefined && { patientId }),
      ...(isVisit && { conferencing: (entered.conferencing ?? "auto") as Provider | "auto" }),
      ...(recurrence !== undefined && { recurrence }),
    }; // prettier-ignore
    const made = await makeEvent(this.client, wanted, this.#key).catch((error: unknown) => {
      this.isTaken ||= error instanceof Problem && error.kind === "not_free";
      throw error;
    });
    this.close();
    this.tell<CalendarEvent>("made", made);
  }
}
