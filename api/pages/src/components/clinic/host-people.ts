/** Everybody who takes part in a visit, as its host sees them: where they are, what may be recorded
 * of them, and what can be done. */

import { html, nothing, type TemplateResult } from "lit";

import { mayRecord, type Consents } from "../../clinic/consent";
import { isHost, type Meeting, type Participant } from "../../clinic/meetings";
import type { Decision } from "../../clinic/wait";
import { t } from "../../texts/lookup";
import { scopeList } from "./consent";

export interface PeopleActions {
  readonly decide: (participant: Participant, decision: Decision) => void;
  readonly note: (participant: Participant) => void; // what they say to being recorded
  readonly remove: (participant: Participant) => void;
}

export function hostPeople(
  meeting: Meeting,
  consents: Consents | undefined,
  own: string, // the id of who looks at it
  actions: PeopleActions,
): TemplateResult {
  return html`<ul class="rows" tabindex="0" aria-label=${t("call.people")}>
    ${meeting.participants.map((one) => row(one, consents, own, actions))}
  </ul>`;
}

function row(
  person: Participant,
  consents: Consents | undefined,
  own: string,
  actions: PeopleActions,
): TemplateResult {
  const { id, name, role } = person;
  const scopes = consents?.recordable === true ? mayRecord(consents, id) : undefined;
  const text = [t(`part.${role}`), presenceText(person)];
  if (scopes !== undefined) text.push(recordText(scopes));
  return html`<li
    class="row"
    data-testid="host-person"
    data-admission=${person.admission}
    data-scopes=${scopes?.join(" ") ?? nothing}
  >
    <div class="row-main">
      <h2>${name}</h2>
      <p class="hint">${text.join(" · ")}</p>
    </div>
    ${person.subjectId === own ? nothing : actionsOf(person, scopes !== undefined, actions)}
  </li>`;
}

function presenceText({ present, admission }: Participant): string {
  return t(`presence.${present ? "here" : admission}`);
}

function recordText(scopes: Parameters<typeof scopeList>[0]): string {
  return scopes.length === 0 ? t("note.none") : t("note.some", { scopes: scopeList(scopes) });
}

function actionsOf(person: Participant, isAsked: boolean, actions: PeopleActions): TemplateResult {
  const name = person.name ?? "";
  const decide = (decision: Decision) => (): void => actions.decide(person, decision);
  const inside = person.admission === "admitted" && !isHost(person);
  return html`<div class="row-actions">
    ${inside ? button("put-back-button", t("visit.putBackShort"), t("visit.putBack", { name }), decide("put-back")) : nothing}
    ${inside ? button("send-away", t("queue.deny"), t("visit.denyLong", { name }), decide("deny")) : nothing}
    ${person.admission === "denied" ? button("admit-again", t("queue.admit"), t("visit.admitAfterAll", { name }), decide("admit")) : nothing}
    ${isAsked ? button("note-consent", t("note.button"), t("note.buttonLong", { name }), () => actions.note(person)) : nothing}
    ${person.present ? nothing : button("remove-person", t("visit.remove"), t("visit.removeLong", { name }), () => actions.remove(person))}
  </div>`;
}

function button(testid: string, text: string, long: string, act: () => void): TemplateResult {
  return html`<button
    type="button"
    class="button small"
    aria-label=${long}
    data-testid=${testid}
    @click=${act}
  >
    ${text}
  </button>`;
}
