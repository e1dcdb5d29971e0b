/** The page's entry: styles, and the one element, once there is a language to speak. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/lobby.css";
import "./styles/call.css";
import "./styles/chat.css";
import "./styles/clinic.css";
import "./styles/calendar.css";
import "./components/app";
import { beginToSpeak } from "./speech";

const STATUS = "/status"; // a path of its own: nobody is signed in there

async function begin(): Promise<void> {
  await beginToSpeak();
  const isStatus = location.pathname === STATUS;
  if (isStatus) await import("./components/status");
  document.body.prepend(document.createElement(isStatus ? "hc-status" : "hc-app"));
}

void begin();
