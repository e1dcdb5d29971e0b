/** Keys that work anywhere in a call.
 *
 * All need Alt, so that nothing happens to people who dictate or type (WCAG 2.1.4). The physical
 * key counts (`code`), because Alt types other characters on some keyboards.
 */

export type Action = "microphone" | "camera" | "screen" | "chat" | "invite" | "settings" | "leave";

export const SHORTCUTS: ReadonlyArray<{ action: Action; code: string; keys: string }> = [
  { action: "microphone", code: "KeyM", keys: "Alt+M" },
  { action: "camera", code: "KeyC", keys: "Alt+C" },
  { action: "screen", code: "KeyS", keys: "Alt+S" },
  { action: "chat", code: "KeyT", keys: "Alt+T" },
  { action: "invite", code: "KeyI", keys: "Alt+I" },
  { action: "settings", code: "KeyO", keys: "Alt+O" },
  { action: "leave", code: "KeyL", keys: "Alt+L" },
];

type Key = Pick<KeyboardEvent, "code" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey" | "repeat">;

export function actionOf(key: Key): Action | undefined {
  if (!key.altKey || key.ctrlKey || key.metaKey || key.shiftKey || key.repeat) return undefined;
  return SHORTCUTS.find((shortcut) => shortcut.code === key.code)?.action;
}

export function keysOf(action: Action): string {
  return SHORTCUTS.find((shortcut) => shortcut.action === action)?.keys ?? "";
}
