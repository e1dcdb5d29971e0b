/** The page: by which door somebody comes, and what is said to those who do not see it. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { Announcer, type Announcement } from "../announcer";
import { roomEntrance, type Entrance } from "../entrance";
import { parseRoute, type Route } from "../route";
import { setTitle } from "../speech";
import { t } from "../texts/lookup";
import { brokenLink } from "./farewell";
import { View } from "./view";
import "./visit";
import type { VisitScreen } from "./visit";

@customElement("hc-app")
export class App extends View {
  @state() private route: Route = { to: "broken" };
  @state() private entrance: Entrance | undefined; // of a room's link
  @state() private hasClinic = true; // as far as we know
  @state() private said: readonly Announcement[] = [];

  readonly #announcer = new Announcer();
  #inCall = false;

  override connectedCallback(): void {
    super.connectedCallback();
    setTitle(() => t("page.title"));
    this.#announcer.showIn((kept) => (this.said = kept));
    window.addEventListener("hashchange", () => this.#readLink());
    this.#readLink();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("route") && changed.get("route") !== undefined) void this.#focusHeading();
  }

  protected override render(): TemplateResult {
    return html`${this.#screenNow()}
      <div
        class="visually-hidden"
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label=${t("page.announcements")}
        data-testid="live-region"
      >
        ${repeat(
          this.said,
          ({ number }) => number,
          ({ text }) => html`<p>${text}</p>`,
        )}
      </div>`;
  }

  #screenNow(): TemplateResult | typeof nothing {
    const { route } = this;
    if (route.to === "room") return this.#room();
    if (route.to === "broken" || !this.hasClinic) return brokenLink();
    return html`<hc-clinic
      .route=${route}
      .announcer=${this.#announcer}
      @absent=${() => (this.hasClinic = false)}
      @call=${(event: CustomEvent<boolean>) => (this.#inCall = event.detail)}
    ></hc-clinic>`;
  }

  #room(): TemplateResult {
    return html`<hc-visit
      .entrance=${this.entrance}
      .announcer=${this.#announcer}
      @screen=${(event: CustomEvent<VisitScreen>) => (this.#inCall = event.detail === "call")}
    ></hc-visit>`;
  }

  /** A link may be pasted into a tab that shows another one. */
  #readLink(): void {
    if (this.#inCall) return; // a running call is not left by accident
    const route = parseRoute(location.hash);
    this.route = route;
    if (route.to === "room") this.entrance = roomEntrance(route.invitation, location.href);
    else if (route.to !== "broken") void import("./clinic/clinic");
  }

  async #focusHeading(): Promise<void> {
    const child = this.querySelector<View>("hc-visit, hc-clinic");
    await child?.updateComplete;
    this.querySelector<HTMLElement>("h1")?.focus();
  }
}
