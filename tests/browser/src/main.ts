/** The page's face towards the driver: `housecall.call(name, …)` on the one client. */

import { setLogLevel } from 'livekit-client';
import { Client, type JoinOptions } from './client';
import { lack } from './lacking';
import { secure } from './securing';
import { stamp } from './stamping';

setLogLevel('warn');

let client: Client | undefined;

/** Join a room with a new client. */
async function join(url: string, token: string, options: JoinOptions = {}) {
  if (options.lacks) lack(options.lacks);
  if (options.stamps) stamp();
  if (options.secured) secure();
  client = new Client(options);
  await client.join(url, token);
}

async function call(name: string, parameters: unknown[]): Promise<unknown> {
  if (name === 'join') return (await join(...(parameters as Parameters<typeof join>))) ?? null;
  const method = client && (client as unknown as Record<string, unknown>)[name];
  if (typeof method !== 'function') throw new Error(`no method ${name}, or not joined`);
  return (await method.apply(client, parameters)) ?? null;
}

/** For the driver: parameters and result travel as JSON. */
async function answer(name: string, parameters: string): Promise<string> {
  try {
    return JSON.stringify({ result: await call(name, JSON.parse(parameters)) });
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  }
}

Object.assign(window, { housecall: { answer } });
