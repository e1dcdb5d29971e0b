/** Choose one device of a kind. */

import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Device } from "../devices";
import { t } from "../texts/lookup";
import { View } from "./view";

/** Tells `choose` with a device id; an empty one leaves the choice to the browser. */
@customElement("hc-device-select")
export class DeviceSelect extends View {
  @property({ attribute: false }) kind: "camera" | "microphone" | "speaker" = "camera";
  @property({ attribute: false }) devices: readonly Device[] = [];
  @property({ attribute: false }) chosen = "";

  protected override render(): TemplateResult {
    const known = this.devices.some(({ id }) => id === this.chosen);
    return html`<label class="field">
      <span class="field-label">${t(`devices.${this.kind}`)}</span>
      <select data-testid="${this.kind}-select" @change=${this.#choose}>
        <option value="" .selected=${!known}>${t("devices.automatic")}</option>
        ${this.devices.map(
          ({ id, label }) =>
            html`<option value=${id} .selected=${id === this.chosen}>${label}</option>`,
        )}
      </select>
    </label>`;
  }

  #choose(event: Event): void {
    this.tell("choose", (event.target as HTMLSelectElement).value);
  }
}
