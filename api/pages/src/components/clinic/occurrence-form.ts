/** A dialog that moves or calls off one time of a calendar, or all of its series. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { cancelEvent, firstDayFor, moveEvent } from "../../clinic/calendar";
import type { Entry } from "../../clinic/entries";
import { endMeeting, moveMeeting, namesOf } from "../../clinic/meetings";
import { Problem } from "../../clinic/problem";
import { momentOf, zone } from "../../clinic/when";
import { nameZone, wallIn } from "../../clinic/zones";
import { t } from "../../texts/lookup";
import { checkbox, choice, field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";
import { lengths } from "./meeting-fields";

type Aim = "move" | "cancel";

/** Tells `done`. */
@customElement("hc-occurrence-form")
export class OccurrenceForm extends DialogForm {
  @state() private entry: Entry | undefined;
  @state() private aim: Aim = "move";
  @state() private isTaken = false; // there is something else then

  override async show(entry?: Entry, aim: Aim = "move"): Promise<void> {
    this.entry = entry;
    this.aim = aim;
    this.isTaken = false;
    await super.show();
  }

  protected override get texts(): DialogTexts {
    const meeting = this.entry?.meeting;
    const name = meeting === undefined ? t("event.busy") : namesOf(meeting);
    return this.aim === "move"
      ? { heading: t("event.moveLong", { name }), button: t("event.move") }
      : { heading: t("event.cancelLong", { name }), button: t("event.cancelYes") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { entry } = this;
    if (entry === undefined) return nothing;
    const isSeries = entry.event?.recurrence != null;
    const scope = choice({ name: "scope", label: t("event.scope"), value: "one" }, [
      { value: "one", label: t("event.scopeOne") },
      { value: "all", label: t("event.scopeAll") },
    ]);
    return html`${isSeries ? scope : nothing}
      ${this.aim === "move" ? this.#times(entry) : html`<p>${t("event.cancelText")}</p>`}`;
  }

  #times({ startsAt, event, meeting }: Entry): TemplateResult {
    const { wrong } = this;
    const begins = new Date(startsAt);
    const place = event?.timeZone ?? zone();
    const { date, time } = wallIn(place, begins);
    const minutes = meeting?.duration ?? event?.duration ?? 0;
    return html`<p class="hint">${t("day.zone", { zone: nameZone(place, begins) })}</p>
      <div class="side-by-side">
        ${field({ name: "date", label: t("visit.date"), type: "date", value: date, wrong: wrong.date, required: true })}
        ${field({ name: "time", label: t("visit.time"), type: "time", value: time, wrong: wrong.time, required: true })}
        ${choice({ name: "duration", label: t("visit.length"), value: String(minutes) }, lengths(minutes))}
      </div>
      ${this.isTaken ? checkbox({ name: "overlapping", label: t("event.overlapping") }, false) : nothing}`;
  }

  protected override async save(entered: Entered): Promise<void> {
    const { entry, aim } = this;
    if (entry === undefined) return;
    try {
      await (aim === "move" ? this.#move(entry, entered) : this.#cancel(entry, entered));
    } catch (error) {
      this.isTaken ||= error instanceof Problem && error.kind === "not_free";
      throw error;
    }
    this.close();
    this.tell("done");
  }

  async #move({ event, occurrence, meeting }: Entry, entered: Entered): Promise<void> {
    const { date = "", time = "", scope } = entered;
    const duration = Number(entered.duration);
    if (event === undefined || occurrence === undefined) {
      const startsAt = momentOf(date, time).toISOString();
      if (meeting !== undefined) await moveMeeting(this.client, meeting, { startsAt, duration });
      return;
    }
    const isAll = event.recurrence !== null && scope === "all";
    const day = isAll ? firstDayFor(event, occurrence, date) : date;
    const to = { date: day, time, duration, overlapping: entered.overlapping === "on" };
    // A single one has no others: it is the event that moves.
    const isOne = event.recurrence !== null && !isAll;
    await moveEvent(this.client, event, isOne ? occurrence.original : undefined, to);
  }

  async #cancel({ event, occurrence, meeting }: Entry, { scope }: Entered): Promise<void> {
    if (event === undefined || occurrence === undefined) {
      if (meeting !== undefined) await endMeeting(this.client, meeting);
      return;
    }
    const isOne = event.recurrence !== null && scope !== "all";
    await cancelEvent(this.client, event, isOne ? occurrence.original : undefined);
  }
}
