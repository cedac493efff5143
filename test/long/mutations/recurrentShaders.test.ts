import { testMutations } from "./testMutations.js";

testMutations("recurrent");
