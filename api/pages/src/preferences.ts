/** What this tab remembers: a name and the chosen devices, until the tab is closed. And what the
 * browser does: which clinic one signs in to, where a server has several, and in which language. */

export interface Preferences {
  name: string;
  camera: string; // device ids; empty is the browser's choice
  microphone: string;
  speaker: string;
}

const KEY = "housecall.preferences";
const NOTHING: Preferences = { name: "", camera: "", microphone: "", speaker: "" };

export function readPreferences(storage: Pick<Storage, "getItem">): Preferences {
  try {
    const stored = JSON.parse(storage.getItem(KEY) ?? "{}") as Record<string, unknown>;
    const known = Object.keys(NOTHING).filter((key) => typeof stored[key] === "string");
    return { ...NOTHING, ...Object.fromEntries(known.map((key) => [key, stored[key]])) };
  } catch {
    return { ...NOTHING }; // storage is switched off, or somebody else wrote there
  }
}

export function writePreferences(
  storage: Pick<Storage, "getItem" | "setItem">,
  change: Partial<Preferences>,
): void {
  try {
    storage.setItem(KEY, JSON.stringify({ ...readPreferences(storage), ...change }));
  } catch {
    // Storage is switched off: the page then asks again.
  }
}

const WORKSPACE = "housecall.workspace";

export function readWorkspace(storage: Pick<Storage, "getItem">): string {
  try {
    return storage.getItem(WORKSPACE) ?? "";
  } catch {
    return "";
  }
}

export function writeWorkspace(storage: Pick<Storage, "setItem">, workspace: string): void {
  try {
    if (workspace !== "") storage.setItem(WORKSPACE, workspace);
  } catch {
    // Storage is switched off: the page then asks again.
  }
}

const LANGUAGE = "housecall.language";

/** What somebody has chosen, or null. */
export function readLanguage(storage: Pick<Storage, "getItem">): string | null {
  try {
    return storage.getItem(LANGUAGE);
  } catch {
    return null;
  }
}

export function writeLanguage(storage: Pick<Storage, "setItem">, code: string): void {
  try {
    storage.setItem(LANGUAGE, code);
  } catch {
    // Storage is switched off: the page then asks the browser again.
  }
}
