// Tests that make plans or runners themselves have the layer types that a device's file would fetch.

import { addLayers } from "../../src/cpu/layers.js";
import * as cpuLayers from "../../src/cpu/list.js";
import { addPlans } from "../../src/plan/layers.js";
import * as plans from "../../src/plan/list.js";

addLayers(cpuLayers);
addPlans(plans);
