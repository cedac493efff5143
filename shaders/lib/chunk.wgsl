// The rows of a chunk of steps, and where their states are: bindings 1 and 2, after that of lib/params.wgsl.

override STATE_SIZE: u32; // S: elements of one state of all layers, rows padded

@group(0) @binding(1) var<storage, read> lengths: array<u32>; // [B], the steps of each row
@group(0) @binding(2) var<storage, read> slots: array<u32>;   // [B], 2 * slot + which of its two states step 0 reads

// First element of the state that a step of a row reads. A slot has two states: each step reads one and writes the other.
fn state_of(row: u32, step: u32) -> u32 {
  let slot = slots[row];
  return ((slot & ~1u) | ((slot + step) & 1)) * STATE_SIZE;
}
