// Activations of one element, by their numbers in ELEMENT_FUNCTIONS (src/layers/activation.ts): those of recurrent layers.
// Comparisons keep NaN where min, max and clamp would hide it. Needs sigmoid_tanh.wgsl, and
// activations_other.wgsl or another function of that name.

fn activate(function_index: u32, alpha: f32, beta: f32, x: f32) -> f32 {
  switch function_index {
    case 1: { // relu
      return select(x, 0.0, x < 0.0);
    }
    case 2: { // sigmoid
      return sigmoid(x);
    }
    case 3: { // tanh
      return safe_tanh(x);
    }
    case 4: { // affine
      return alpha * x + beta;
    }
    case 5: { // leakyRelu
      return select(x, alpha * x, x < 0.0);
    }
    case 6: { // thresholdedRelu
      return select(x, 0.0, x <= alpha);
    }
    case 7: { // scaledTanh
      return alpha * safe_tanh(beta * x);
    }
    case 8: { // hardSigmoid
      return hard_sigmoid(alpha, beta, x);
    }
    case 9: { // elu
      return elu(alpha, x);
    }
    case 10: { // softsign
      return x / (1.0 + abs(x));
    }
    case 11: { // softplus
      return select(x, 0.0, x < 0.0) + log(1.0 + exp(-abs(x)));
    }
    case 12: { // square
      return x * x;
    }
    default: { // linear, and the functions of another file
      return other_activation(function_index, alpha, beta, x);
    }
  }
}

fn hard_sigmoid(alpha: f32, beta: f32, x: f32) -> f32 {
  return limit(alpha * x + beta, 0.0, 1.0);
}

fn elu(alpha: f32, x: f32) -> f32 {
  return select(x, alpha * (exp(-abs(x)) - 1.0), x < 0.0);
}

fn limit(x: f32, low: f32, high: f32) -> f32 {
  return select(least(x, high), low, x < low);
}

fn least(x: f32, high: f32) -> f32 {
  return select(x, high, x > high);
}
