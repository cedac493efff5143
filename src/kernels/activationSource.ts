import activations from "../../shaders/lib/activations.wgsl?raw";
import keepNan from "../../shaders/lib/keep_nan.wgsl?raw";
import sigmoidTanh from "../../shaders/lib/sigmoid_tanh.wgsl?raw";

/** WGSL of every activation of one element, and of the functions that it calls. */
export const activationSource = activations + sigmoidTanh + keepNan;
