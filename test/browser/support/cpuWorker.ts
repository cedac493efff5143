// Runs in a worker.

import { halve } from "./halve.js";

void halve().then((told) => postMessage(told));
