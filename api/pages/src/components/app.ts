/** The page: which screen is shown, and what leads from one to the next. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { Refused, requestAdmission } from "../admission";
import { Announcer, type Announcement } from "../announcer";
import type { Call } from "../call/call";
import type { Ending } from "../call/ending";
import { Capture } from "../capture";
import { invitationLink, parseInvitation, type Invitation } from "../invitation";
import { readPreferences, writePreferences, type Preferences } from "../preferences";
import { t } from "../texts/lookup";
import "./call-view";
import { brokenLink, farewell } from "./farewell";
import "./lobby";
import type { JoinFailure } from "./lobby";
import type { DeviceChoice } from "./settings";
import { View } from "./view";

type Screen = "broken" | "lobby" | "call" | "left";

@customElement("hc-app")
export class App extends View {
  @state() private screen: Screen = "broken";
  @state() private joining = false;
  @state() private failure: JoinFailure | undefined;
  @state() private said: readonly Announcement[] = [];
  @state() private preferences: Preferences = readPreferences(sessionStorage);

  readonly #announcer = new Announcer();
  readonly #capture = new Capture(this.preferences);
  #invitation: Invitation | undefined;
  #call: Call | undefined;
  #ending: Ending = "left";

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = t("page.title");
    this.#announcer.showIn((kept) => (this.said = kept));
    window.addEventListener("hashchange", () => this.#readLink());
    this.#readLink();
    loadCall().catch(() => undefined); // while people look at themselves; asked again at joining
  }

  protected override updated(changed: PropertyValues): void {
    // Nobody has moved anywhere on the very first screen.
    if (changed.has("screen") && changed.get("screen") !== undefined) {
      void this.#focusHeading();
    }
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
      </div>
      <div class="sounds" hidden></div>`;
  }

  #screenNow(): TemplateResult | typeof nothing {
    if (this.screen === "broken") return brokenLink();
    if (this.screen === "lobby") return this.#lobby();
    if (this.screen === "call") return this.#callScreen();
    return farewell(this.#ending, this.joining, this.failure, () => void this.#rejoin());
  }

  #lobby(): TemplateResult {
    return html`<hc-lobby
      .capture=${this.#capture}
      .name=${this.preferences.name}
      .joining=${this.joining}
      .failure=${this.failure}
      @join=${(event: CustomEvent<string>) => this.#joinAs(event.detail)}
    ></hc-lobby>`;
  }

  #callScreen(): TemplateResult | typeof nothing {
    if (this.#call === undefined || this.#invitation === undefined) return nothing;
    return html`<hc-call
      .call=${this.#call}
      .link=${invitationLink(location.href, this.#invitation)}
      @choose=${(event: CustomEvent<DeviceChoice>) => this.#remember({ [event.detail.kind]: event.detail.deviceId })}
      @copied=${() => this.#announcer.say(t("invite.copied"))}
    ></hc-call>`;
  }

  /** A link may be pasted into a tab that shows another one. */
  #readLink(): void {
    if (this.screen === "call") return; // a running call is not left by accident
    this.#invitation = parseInvitation(location.hash);
    this.failure = undefined;
    this.screen = this.#invitation === undefined ? "broken" : "lobby";
  }

  async #joinAs(name: string): Promise<void> {
    const { camera, microphone } = this.#capture;
    this.#remember({ name, camera: camera.deviceId, microphone: microphone.deviceId });
    await this.#join();
  }

  async #rejoin(): Promise<void> {
    this.joining = true;
    await this.#capture.start();
    await this.#join();
    if (this.failure !== undefined) this.#capture.stop(); // no camera runs behind a farewell
  }

  async #join(): Promise<void> {
    this.joining = true;
    this.failure = undefined;
    try {
      await this.#connect();
      this.screen = "call";
    } catch (error) {
      this.failure = error instanceof Refused ? error.refusal : "media";
    } finally {
      this.joining = false;
    }
  }

  async #connect(): Promise<void> {
    if (this.#invitation === undefined) throw new Refused("invitation");
    const [{ Call }, admission] = await Promise.all([
      loadCall(),
      requestAdmission(this.#invitation, this.preferences.name, location.href),
    ]);
    const place = this.querySelector<HTMLElement>(".sounds") ?? document.body;
    const call = new Call(this.preferences, this.#announcer, place);
    await call.join(admission, () => this.#capture.release());
    call.addEventListener("end", (event) => this.#end((event as MessageEvent<Ending>).data));
    this.#call = call;
  }

  #end(ending: Ending): void {
    // Who left with the microphone off comes back with it off.
    this.#capture.camera.wanted = this.#call?.left.camera ?? true;
    this.#capture.microphone.wanted = this.#call?.left.microphone ?? true;
    this.#announcer.say(ending === "left" ? t("say.left") : t(`ended.${ending}`));
    this.#ending = ending;
    this.#call = undefined;
    this.screen = "left";
  }

  #remember(change: Partial<Preferences>): void {
    this.preferences = { ...this.preferences, ...change };
    writePreferences(sessionStorage, change);
  }

  async #focusHeading(): Promise<void> {
    const child = this.querySelector<View>("hc-lobby, hc-call");
    await child?.updateComplete;
    this.querySelector<HTMLElement>("h1")?.focus();
  }
}

/** Most of the page's weight; the lobby does not wait for it. */
async function loadCall(): Promise<typeof import("../call/call")> {
  return import("../call/call");
}
