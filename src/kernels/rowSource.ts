import padding from "../../shaders/lib/padding.wgsl?raw";
import params from "../../shaders/lib/params.wgsl?raw";

/** WGSL of every kernel that works on rows: its params, and how rows are padded. */
export const rowSource = params + padding;
