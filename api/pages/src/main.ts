/** The page's entry: styles and the one element that index.html names. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/lobby.css";
import "./styles/call.css";
import "./styles/chat.css";
import "./styles/clinic.css";
import "./components/app";
