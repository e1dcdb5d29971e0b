/** A video element for one LiveKit track, attached while it stands in the page. */

import type { Track } from "livekit-client";
import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { View } from "./view";

@customElement("hc-live-video")
export class LiveVideo extends View {
  @property({ attribute: false }) track: Track | undefined;

  #attached: Track | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#attach(this.track);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#attach(undefined);
  }

  protected override updated(_changed: PropertyValues<this>): void {
    this.#attach(this.track);
  }

  protected override render(): TemplateResult {
    // Sound plays from audio elements of its own, so these are mute and free to play.
    return html`<video
      autoplay
      playsinline
      .muted=${true}
      aria-hidden="true"
      tabindex="-1"
    ></video>`;
  }

  /** Attaching tells livekit-client how large the picture is shown, so it asks for no more. */
  #attach(track: Track | undefined): void {
    const video = this.querySelector("video");
    if (track === this.#attached || video === null) return;
    this.#attached?.detach(video);
    track?.attach(video);
    this.#attached = track;
  }
}
