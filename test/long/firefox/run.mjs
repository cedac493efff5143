// `npm run firefox`.

import { runProgram } from "../../harness/runProgram.mjs";

await runProgram("test/long/firefox/main.ts");
