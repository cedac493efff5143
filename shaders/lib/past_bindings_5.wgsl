// The rows of a chunk of steps, and the frames before it, after 4 other buffers.

@group(0) @binding(5) var<storage, read> lengths: array<u32>;     // [B], the steps of each row
@group(0) @binding(6) var<storage, read> slots: array<u32>;       // [B], 2 * slot + which of its two states has the past
@group(0) @binding(7) var<storage, read_write> state: array<f32>; // [slots, 2, S], from this layer's [PAST, I] on
