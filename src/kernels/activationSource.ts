import activations from "../../shaders/lib/activations.wgsl?raw";
import other from "../../shaders/lib/activations_other.wgsl?raw";
import keepNan from "../../shaders/lib/keep_nan.wgsl?raw";
import sigmoidTanh from "../../shaders/lib/sigmoid_tanh.wgsl?raw";

/** WGSL of every activation of one element, and of the functions that it calls. */
export const activationSource = activations + other + sigmoidTanh + keepNan;

/** WGSL of the first `NUM_FEW` activations, for a kernel that calls them in many places: it has `other_activation` itself. */
export const fewActivationsSource = activations + sigmoidTanh + keepNan;

/** Activations of shaders/lib/activations.wgsl. */
export const NUM_FEW = 13;
