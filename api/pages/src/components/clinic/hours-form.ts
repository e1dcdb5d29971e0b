/** A dialog about the hours in which somebody can be booked. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { DAYS, readHours, writeHours, type Day, type Hours, type Week } from "../../clinic/calendar";
import { fieldsOfHours, hoursIn } from "../../clinic/hours";
import type { Member } from "../../clinic/people";
import { explain } from "../../clinic/problem";
import { zones } from "../../clinic/zones";
import { t } from "../../texts/lookup";
import { choice, field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";
import { nameOfDay } from "./recurrence";

const SPANS = 2; // a day: before and after noon

/** Tells `saved`. */
@customElement("hc-hours-form")
export class HoursForm extends DialogForm {
  @state() private member: Member | undefined;
  @state() private week: Week | undefined;

  override async show(member?: Member): Promise<void> {
    this.member = member;
    this.week = undefined;
    await super.show();
    if (member === undefined) return;
    try {
      this.week = await readHours(this.client, member.id);
    } catch (error) {
      this.failure = explain(error);
    }
  }

  protected override get texts(): DialogTexts {
    return { heading: t("hours.heading", { name: this.member?.name ?? "" }), button: t("form.save") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { week } = this;
    if (week === undefined) return html`<p aria-busy="true">${t("clinic.asking")}</p>`;
    return html`<p class="hint">${t("hours.text")}</p>
      ${choice(
        { name: "timeZone", label: t("house.timeZone"), hint: t("hours.zoneHint"), value: week.timeZone },
        zones(week.timeZone).map((zone) => ({ value: zone, label: zone })),
      )}
      ${DAYS.map((day) => this.#day(day, week.hours.filter((one) => one.day === day)))}`;
  }

  #day(day: Day, hours: readonly Hours[]): TemplateResult {
    const count = Math.max(SPANS, hours.length);
    return html`<fieldset class="group">
      <legend>${nameOfDay(day)}</legend>
      ${Array.from({ length: count }, (_, n) => {
        const [from, to] = fieldsOfHours(day, n);
        return html`<div class="side-by-side">
          ${field({ name: from, label: t("hours.from"), type: "time", value: hours[n]?.begins ?? "" })}
          ${field({ name: to, label: t("hours.to"), type: "time", value: hours[n]?.ends ?? "" })}
        </div>`;
      })}
    </fieldset>`;
  }

  protected override async save(entered: Entered): Promise<void> {
    const { member, week } = this;
    if (member === undefined || week === undefined) return;
    const hours = hoursIn(entered);
    await writeHours(this.client, member.id, { timeZone: entered.timeZone ?? week.timeZone, hours });
    this.close();
    this.tell("saved");
  }
}
