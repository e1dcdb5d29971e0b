/** The driver's way in: `housecall.answer(name, parameters)`, everything as JSON. */

type Functions = Record<string, (...all: never[]) => unknown>;

export function answer(functions: Functions): void {
  const respond = async (name: string, parameters: string): Promise<string> => {
    try {
      const call = functions[name] as (...all: unknown[]) => unknown;
      return JSON.stringify({ result: (await call(...JSON.parse(parameters))) ?? null });
    } catch (error) {
      return JSON.stringify({ error: String(error) });
    }
  };
  Object.assign(window, { housecall: { answer: respond } });
}
