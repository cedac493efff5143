"""Trains the sensor example's forecaster and writes `sensor.safetensors` with its record, `sensor.json`.

The model reads one value of the signal at a time and says what the signal will be `HORIZON_STEPS` later. Start it with
train_sensor.sh.
"""

import argparse
import copy
import datetime
import json
import sys
import time
from pathlib import Path

import torch
from safetensors_file import write_safetensors, write_whole
from sensor import RATE_HZ, sensor_signal
from torch import Tensor, nn

HORIZON_STEPS = 10
# Steps of a window that are read before its forecasts count: from a zero state the model cannot know the pitch yet.
WARM_UP_STEPS = 100
WINDOW_STEPS = 200
MAX_GRADIENT_NORM = 1.0


class Forecaster(nn.Module):
    """Maps values [T, B, 1] to what they will be HORIZON_STEPS later, [T, B, 1]."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.gru = nn.GRU(1, hidden_size)
        # It reads the value too, so that training begins with "it stays as it is".
        self.head = nn.Linear(hidden_size + 1, 1)
        with torch.no_grad():
            self.head.weight[0, -1] = 1

    def forward(self, values: Tensor) -> Tensor:
        return self.head(torch.cat([self.gru(values)[0], values], dim=2))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Trains the forecaster of the sensor example.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hidden-size", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=6e-3, help="at the start; it falls to zero")
    parser.add_argument("--steps", type=int, default=3000, help="gradient steps")
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent.parent / "models")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    started = time.monotonic()
    model = Forecaster(options.hidden_size)
    train(model, options)
    final = copy.deepcopy(model).half().float()  # what its file will hold
    held_out = sensor_signal(60 * RATE_HZ, 32, torch.Generator().manual_seed(options.seed + 1_000_000))
    error, naive_error = errors(final, held_out)
    print(f"held out: {error:.4f}, {naive_error:.4f} for the last value", flush=True)
    record = {
        "signal": "Generated: see demo/training/sensor.py.",
        "heldOut": "32 minutes of signals from another seed; the first second of each is not counted.",
        "date": datetime.date.today().isoformat(),
        "command": " ".join(["demo/training/train_sensor.sh", *sys.argv[1:]]),
        "torch": torch.__version__,
        "seed": options.seed,
        "hiddenSize": options.hidden_size,
        "numParameters": sum(weight.numel() for weight in model.parameters()),
        "steps": options.steps,
        "batchSize": options.batch_size,
        "trainingMinutes": round((time.monotonic() - started) / 60, 1),
        "horizonSteps": HORIZON_STEPS,
        "rateHz": RATE_HZ,
        "heldOutError": error,
        "heldOutLastValueError": naive_error,
    }
    write_model(options.output / "sensor.safetensors", final)
    write_whole(options.output / "sensor.json", (json.dumps(record, indent=2) + "\n").encode())


def train(model: Forecaster, options: argparse.Namespace) -> None:
    """Trains on windows that are never the same twice: the signal costs less than the gradient."""
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, options.steps)
    generator = torch.Generator().manual_seed(options.seed)
    reported, loss_sum = time.monotonic(), 0.0
    for step in range(1, options.steps + 1):
        signal = sensor_signal(WARM_UP_STEPS + WINDOW_STEPS, options.batch_size, generator)
        forecast = model(signal[:-HORIZON_STEPS, :, None])[WARM_UP_STEPS:, :, 0]
        loss = nn.functional.mse_loss(forecast, signal[WARM_UP_STEPS + HORIZON_STEPS :])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        loss_sum += loss.item()
        if step % 100 == 0:
            now = time.monotonic()
            print(f"step {step}: error {(loss_sum / 100) ** 0.5:.4f}, {(now - reported) / 100:.2f} s a step", flush=True)
            reported, loss_sum = now, 0.0


@torch.no_grad()
def errors(model: Forecaster, signal: Tensor) -> tuple[float, float]:
    """Returns the root mean square errors of the model's forecasts of `signal` [T, B], and of its last value's."""
    later = signal[WARM_UP_STEPS + HORIZON_STEPS :]
    forecast = model(signal[:-HORIZON_STEPS, :, None])[WARM_UP_STEPS:, :, 0]
    naive = signal[WARM_UP_STEPS:-HORIZON_STEPS]
    return tuple((guess - later).square().mean().sqrt().item() for guess in (forecast, naive))


def write_model(path: Path, model: Forecaster) -> None:
    """Writes the model as f16 with its layer list."""
    hidden_size = model.gru.hidden_size
    layers = [
        {"type": "gru", "name": "gru", "inputs": ["input"], "inputSize": 1, "hiddenSize": hidden_size, "resetAfter": True},
        {
            "type": "dense",
            "name": "forecast",
            "inputs": ["gru", "input"],
            "inputSize": hidden_size + 1,
            "outputSize": 1,
            "activation": "linear",
        },
    ]
    tensors = {
        "gru.weight": model.gru.weight_ih_l0,  # [3H, 1]
        "gru.recurrentWeight": model.gru.weight_hh_l0,  # [3H, H]
        "gru.bias": model.gru.bias_ih_l0,  # [3H]
        "gru.recurrentBias": model.gru.bias_hh_l0,  # [3H]
        "forecast.weight": model.head.weight,  # [1, H + 1]
        "forecast.bias": model.head.bias,  # [1]
    }
    halves = {name: tensor.detach().half().numpy() for name, tensor in tensors.items()}
    description = {"version": 1, "layers": layers}
    write_safetensors(path, halves, {"webgru": json.dumps(description, separators=(",", ":"))})


if __name__ == "__main__":
    main()
