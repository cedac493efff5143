// `npm run campaign`.

import { runProgram } from "../../harness/runProgram.mjs";

await runProgram("test/long/campaign/main.ts");
