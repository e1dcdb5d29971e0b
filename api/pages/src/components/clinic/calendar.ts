/** The calendar: visits and busy times of a day or a week, of one's own or of a colleague. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { listEvents, type CalendarEvent } from "../../clinic/calendar";
import { entriesByDay, spanOf, type Entry } from "../../clinic/entries";
import { listAll } from "../../clinic/house";
import { listMeetings, type Meeting } from "../../clinic/meetings";
import { may, type Member } from "../../clinic/people";
import { dayOf, firstDayOfWeek, showDay, showSpan, zone, type Span } from "../../clinic/when";
import { nameZone } from "../../clinic/zones";
import { t, tCount } from "../../texts/lookup";
import { calendarDays } from "./calendar-days";
import "./entry-dialog";
import type { EntryDialog } from "./entry-dialog";
import "./event-form";
import type { EventForm } from "./event-form";
import "./hours-form";
import type { HoursForm } from "./hours-form";
import "./invite-dialog";
import type { InviteDialog } from "./invite-dialog";
import "./link-dialog";
import type { LinkDialog, ShownLink } from "./link-dialog";
import { ListView } from "./list-view";
import "./occurrence-form";
import type { OccurrenceForm } from "./occurrence-form";

type Shown = "day" | "week";

@customElement("hc-calendar")
export class Calendar extends ListView {
  @state() private shown: Shown = "week";
  @state() private day = dayOf(new Date()).from;
  @state() private staffId: string | undefined; // undefined: everybody's
  @state() private colleagues: readonly Member[] = [];
  @state() private events: readonly CalendarEvent[] = [];
  @state() private meetings: readonly Meeting[] = [];
  @state() private span: Span | undefined; // of what is there

  #asked = 0; // the answer to an older question is not shown

  override connectedCallback(): void {
    this.staffId = this.who.role === "clinician" ? this.who.id : undefined;
    super.connectedCallback();
    void this.#askColleagues();
  }

  protected override async load(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    const span = this.#span;
    const [events, meetings] = await Promise.all([
      listEvents(this.client, span, this.staffId),
      listMeetings(this.client, span),
    ]);
    if (asked !== this.#asked) return;
    [this.events, this.meetings, this.span] = [events, meetings, span];
  }

  protected override render(): TemplateResult {
    return html`${this.#head()} ${this.#bar()} ${this.failureNotice()} ${this.#days()}
      <hc-entry-dialog
        .who=${this.who}
        .colleagues=${this.colleagues}
        @move=${(event: CustomEvent<Entry>) => this.#form.show(event.detail, "move")}
        @cancel=${(event: CustomEvent<Entry>) => this.#form.show(event.detail, "cancel")}
        @invite=${(event: CustomEvent<Meeting>) => this.querySelector<InviteDialog>("hc-invite-dialog")?.show(event.detail)}
      ></hc-entry-dialog>
      <hc-event-form
        .client=${this.client}
        .who=${this.who}
        @made=${() => this.#saved()}
      ></hc-event-form>
      <hc-occurrence-form
        .client=${this.client}
        @done=${() => this.#saved()}
      ></hc-occurrence-form>
      <hc-hours-form
        .client=${this.client}
        @saved=${() => this.announcer.say(t("clinic.saved"))}
      ></hc-hours-form>
      <hc-invite-dialog
        .client=${this.client}
        @link=${(event: CustomEvent<ShownLink>) => this.querySelector<LinkDialog>("hc-link-dialog")?.show(event.detail)}
        @sent=${(event: CustomEvent<string>) => this.announcer.say(t("invitation.sent", { name: event.detail }))}
      ></hc-invite-dialog>
      <hc-link-dialog .announcer=${this.announcer}></hc-link-dialog>`;
  }

  get #span(): Span {
    return spanOf(this.shown, this.day, firstDayOfWeek());
  }

  get #mayChange(): boolean {
    return may(this.who, "meetings.change");
  }

  /** Oneself, or anybody for whom the owner answers. */
  get #mayChangeHours(): boolean {
    const { staffId, who } = this;
    return staffId !== undefined && (staffId === who.id || may(who, "staff.change"));
  }

  get #form(): OccurrenceForm {
    return this.querySelector<OccurrenceForm>("hc-occurrence-form") as OccurrenceForm;
  }

  #head(): TemplateResult {
    const name = nameZone(zone(), this.day);
    return html`<div class="page-head">
      <div>
        <h1 tabindex="-1">${t("page.calendar")}</h1>
        <p data-testid="span">${this.#title}</p>
        <p class="hint" data-testid="zone">${t("day.zone", { zone: name })}</p>
      </div>
      <div class="row-actions">
        ${this.#mayChangeHours ? this.#button("hours-button", t("hours.button"), () => this.#showHours()) : nothing}
        ${this.#mayChange ? this.#newButton() : nothing}
      </div>
    </div>`;
  }

  get #title(): string {
    const { from, to } = this.#span;
    return this.shown === "day" ? showDay(from) : showSpan(from, dayOf(to, -1).from);
  }

  #newButton(): TemplateResult {
    return html`<button
      type="button"
      class="button primary"
      data-testid="new-event"
      @click=${() => this.#showNew()}
    >
      ${t("event.new")}
    </button>`;
  }

  #bar(): TemplateResult {
    const before = t(this.shown === "day" ? "day.before" : "calendar.weekBefore");
    const after = t(this.shown === "day" ? "day.after" : "calendar.weekAfter");
    const step = this.shown === "day" ? 1 : 7;
    return html`<div class="calendar-bar">
      <div class="row-actions" role="group" aria-label=${t("calendar.view")}>
        ${(["day", "week"] as const).map((view) => this.#viewButton(view))}
      </div>
      <div class="row-actions">
        ${this.#button("calendar-before", before, () => this.#go(dayOf(this.day, -step).from))}
        ${this.#button("calendar-today", t("page.day"), () => this.#go(dayOf(new Date()).from))}
        ${this.#button("calendar-after", after, () => this.#go(dayOf(this.day, step).from))}
      </div>
      ${this.#whose()}
    </div>`;
  }

  #viewButton(view: Shown): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-pressed=${view === this.shown}
      data-testid="view-${view}"
      @click=${() => this.#look(() => (this.shown = view))}
    >
      ${t(`calendar.${view}`)}
    </button>`;
  }

  #whose(): TemplateResult {
    return html`<label class="field">
      <span class="field-label">${t("calendar.whose")}</span>
      <select
        data-testid="whose-input"
        @change=${({ target }: Event) => this.#look(() => (this.staffId = (target as HTMLSelectElement).value || undefined))}
      >
        <option value="" ?selected=${this.staffId === undefined}>${t("calendar.everybody")}</option>
        ${this.colleagues.map(
          ({ id, name }) =>
            html`<option value=${id} ?selected=${id === this.staffId}>${name ?? ""}</option>`,
        )}
      </select>
    </label>`;
  }

  #days(): TemplateResult | typeof nothing {
    if (this.span === undefined) {
      return this.loading ? html`<p class="lead" aria-busy="true">${t("clinic.asking")}</p>` : nothing;
    }
    const days = entriesByDay(this.span, this.events, this.meetings, this.staffId);
    return calendarDays(days, {
      who: this.who,
      open: (entry) => void this.querySelector<EntryDialog>("hc-entry-dialog")?.show(entry),
      goTo: days.length > 1 ? (day) => void this.#look(() => ([this.shown, this.day] = ["day", day])) : undefined,
    });
  }

  #button(testid: string, label: string, run: () => unknown): TemplateResult {
    return html`<button type="button" class="button small" data-testid=${testid} @click=${run}>
      ${label}
    </button>`;
  }

  #showNew(): void {
    const { staffId, colleagues, day } = this;
    void this.querySelector<EventForm>("hc-event-form")?.show({ staffId, colleagues, day });
  }

  #showHours(): void {
    const member = this.colleagues.find(({ id }) => id === this.staffId);
    if (member !== undefined) void this.querySelector<HoursForm>("hc-hours-form")?.show(member);
  }

  #go(day: Date): Promise<void> {
    return this.#look(() => (this.day = day));
  }

  /** What is shown stays until the rest is there. */
  async #look(change: () => unknown): Promise<void> {
    change();
    await this.reload();
    const count = (this.span === undefined ? [] : entriesByDay(this.span, this.events, this.meetings, this.staffId))
      .reduce((sum, { entries }) => sum + entries.length, 0); // prettier-ignore
    this.announcer.say(`${this.#title}: ${tCount("calendar.count", count)}`);
    await this.keepFocus();
  }

  async #askColleagues(): Promise<void> {
    await this.attempt(async () => {
      const all = await listAll<Member>(this.client, "/staff");
      this.colleagues = all.filter(({ role, active, disabled }) => active && !disabled && role !== "auditor");
    });
  }

  async #saved(): Promise<void> {
    await this.reload();
    this.announcer.say(t("clinic.saved"));
    await this.keepFocus();
  }
}
