"""The sensor's signal: two sines whose pitch and strength drift, and noise. demo/sensor/signal.ts makes the same kind."""

import math

import torch
from torch import Tensor

RATE_HZ = 100
CENTRES_HZ = (0.5, 1.8)
AMPLITUDES = (0.7, 0.3)
# Pitch and strength wander about their centres by this share, and forget where they were in this time.
DRIFT = 0.2
MEMORY_SECONDS = 3.0
NOISE = 0.02


def sensor_signal(num_steps: int, num_rows: int, generator: torch.Generator) -> Tensor:
    """Returns signals of their own for each row, [T, B]."""
    keep = math.exp(-1 / (RATE_HZ * MEMORY_SECONDS))
    kick = DRIFT * math.sqrt(1 - keep * keep)
    num_sines = len(CENTRES_HZ)

    def normal() -> Tensor:
        return torch.randn(num_rows, num_sines, generator=generator)

    phase = 2 * math.pi * torch.rand(num_rows, num_sines, generator=generator)
    pitch, strength = DRIFT * normal(), DRIFT * normal()
    centres, amplitudes = torch.tensor(CENTRES_HZ), torch.tensor(AMPLITUDES)
    steps = []
    for _ in range(num_steps):
        pitch = keep * pitch + kick * normal()
        strength = keep * strength + kick * normal()
        phase = phase + 2 * math.pi * centres * torch.exp(pitch) / RATE_HZ
        steps.append((amplitudes * torch.exp(strength) * torch.sin(phase)).sum(1))
    clean = torch.stack(steps)
    return clean + NOISE * torch.randn(clean.shape, generator=generator)
