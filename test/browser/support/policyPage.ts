// Runs in a page whose policy refuses WebAssembly.

import { halve } from "./halve.js";

void halve().then((told) => {
  document.querySelector("#told")!.textContent = JSON.stringify(told);
});
