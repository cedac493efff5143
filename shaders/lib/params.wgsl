// Numbers that differ from dispatch to dispatch: binding 0.

struct Params {
  first_row: u32,  // first row of the steps, in a forward sequence [T, B, ...]
  step: u32,       // first step of this dispatch; of a wavefront, its number
  end: u32,        // first step after this dispatch
  batch_size: u32, // B
}

@group(0) @binding(0) var<uniform> params: Params;
