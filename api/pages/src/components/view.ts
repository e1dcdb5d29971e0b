/** What all our elements share. */

import { LitElement } from "lit";

import { onLanguage } from "../texts/lookup";

/** An element without a shadow tree: labels, landmarks and styles reach across elements. */
export abstract class View extends LitElement {
  #deaf: () => void = () => undefined;

  /** Texts are looked up when they are drawn: another language is drawn anew. */
  override connectedCallback(): void {
    super.connectedCallback();
    this.#deaf = onLanguage(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#deaf();
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** When the button that was pressed is gone, the heading takes the focus, not the page's top. */
  protected async keepFocus(place = "h1"): Promise<void> {
    await this.updateComplete;
    if (document.activeElement === document.body) this.querySelector<HTMLElement>(place)?.focus();
  }

  /** Dispatches `name` to whoever uses this element; it does not bubble. */
  protected tell<Detail>(name: string, detail?: Detail): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
