/** What all our elements share. */

import { LitElement } from "lit";

/** An element without a shadow tree: labels, landmarks and styles reach across elements. */
export abstract class View extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Dispatches `name` to whoever uses this element; it does not bubble. */
  protected tell<Detail>(name: string, detail?: Detail): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
