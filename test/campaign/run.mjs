// `npm run campaign`.

import { runProgram } from "../runProgram.mjs";

await runProgram("campaign/main.ts");
