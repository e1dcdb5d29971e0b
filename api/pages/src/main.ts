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

void beginToSpeak().then(() => document.body.prepend(document.createElement("hc-app")));
