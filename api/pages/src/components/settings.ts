/** Devices and keyboard shortcuts, in a dialog over the call. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { ChosenDevices, DeviceKind } from "../call/call";
import { canChooseSpeaker, type Devices } from "../devices";
import { SHORTCUTS } from "../shortcuts";
import { t } from "../texts/lookup";
import "./device-select";
import { languageField } from "./language-menu";
import "./level-meter";
import { View } from "./view";

export interface DeviceChoice {
  readonly kind: DeviceKind;
  readonly deviceId: string;
}

/** Tells `choose` with a `DeviceChoice`. */
@customElement("hc-settings")
export class Settings extends View {
  @property({ attribute: false }) devices!: Devices;
  @property({ attribute: false }) chosen!: ChosenDevices;
  @property({ attribute: false }) invites = true; // there is a link to hand on
  @property({ attribute: false }) microphoneTrack: MediaStreamTrack | undefined;
  @state() private opened = false;

  show(): void {
    this.opened = true; // the meter listens only while it is seen
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    return html`<dialog
      class="dialog"
      aria-labelledby="settings-heading"
      data-testid="settings-dialog"
      @close=${this.#closed}
    >
      <h2 id="settings-heading">${t("settings.heading")}</h2>
      ${this.opened ? this.#content() : nothing}
      <form method="dialog">
        <button type="submit" class="button primary" data-testid="settings-close">
          ${t("settings.close")}
        </button>
      </form>
    </dialog>`;
  }

  #content(): TemplateResult {
    const { cameras, microphones, speakers } = this.devices;
    return html`<section aria-labelledby="settings-devices">
        <h3 id="settings-devices">${t("settings.devices")}</h3>
        ${this.#select("camera", cameras)} ${this.#select("microphone", microphones)}
        <hc-level-meter .track=${this.microphoneTrack}></hc-level-meter>
        ${canChooseSpeaker() && speakers.length > 0 ? this.#select("speaker", speakers) : nothing}
      </section>
      ${languageField()}
      <section aria-labelledby="settings-shortcuts">
        <h3 id="settings-shortcuts">${t("settings.shortcuts")}</h3>
        <dl class="shortcuts">
          ${SHORTCUTS.filter(({ action }) => action !== "invite" || this.invites).map(
            ({ action, keys }) =>
              html`<div>
                <dt>${t(`shortcut.${action}`)}</dt>
                <dd><kbd>${keys}</kbd></dd>
              </div>`,
          )}
        </dl>
      </section>`;
  }

  #select(kind: DeviceKind, devices: Devices["cameras"]): TemplateResult {
    return html`<hc-device-select
      .kind=${kind}
      .devices=${devices}
      .chosen=${this.chosen[kind]}
      @choose=${(event: CustomEvent<string>) =>
        this.tell<DeviceChoice>("choose", { kind, deviceId: event.detail })}
    ></hc-device-select>`;
  }

  #closed(): void {
    this.opened = false;
  }
}
