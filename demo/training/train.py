"""Trains the next-character model and writes `next-char.safetensors` with its record, `next-char.json`.

Both files are written at every checkpoint that is the best so far on the held-out text, so a run that is interrupted
or diverges leaves a model. Start it with train.sh.
"""

import argparse
import datetime
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from next_char import NextChar, Sizes, bits_per_character, rounded_to_f16, write_model
from safetensors_file import write_whole
from text import HELD_OUT_BOOKS, SOURCE, read_text
from torch import Tensor, nn

WARMUP_STEPS = 200
# A learning rate of 6e-3, a clip at 1 and Adam's default decay of 0.999 diverged after 2000 steps.
MAX_GRADIENT_NORM = 0.5
ADAM_DECAYS = (0.9, 0.99)
# A stream starts afresh with this probability per window, so that the model also learns to begin from a zero state.
RESET_PROBABILITY = 0.01
PROGRESS_SECONDS = 30
CHECKPOINT_SECONDS = 300
CHECK_CHARACTERS = 4096


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Trains the next-character model of the demo.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--embedding-size", type=int, default=64)
    parser.add_argument("--hidden-size", type=int, default=352)
    parser.add_argument("--batch-size", type=int, default=48, help="streams read side by side")
    parser.add_argument("--sequence-length", type=int, default=96, help="characters per gradient step and stream")
    parser.add_argument("--learning-rate", type=float, default=2.5e-3, help="the peak, after warm-up")
    parser.add_argument("--epochs", type=float, default=20)
    parser.add_argument(
        "--max-minutes", type=float, default=math.inf, help="end the learning rate schedule early, by the clock"
    )
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent.parent / "models")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    torch.set_num_threads(1)  # at these sizes a second thread waits more than it works
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)

    train_text, held_out_text = read_text()
    vocabulary = "".join(sorted(set(train_text)))
    train_indices = encode(train_text, vocabulary)
    held_out_indices = encode(held_out_text, vocabulary)
    model = NextChar(Sizes(len(vocabulary), options.embedding_size, options.hidden_size))
    num_parameters = sum(weight.numel() for weight in model.parameters())
    say(f"{len(train_text)} characters, {len(vocabulary)} different; {num_parameters} weights")

    about = {
        "text": SOURCE,
        "heldOut": "A contiguous part: " + ", ".join(HELD_OUT_BOOKS) + ".",
        "date": datetime.date.today().isoformat(),
        "command": " ".join(["demo/training/train.sh", *sys.argv[1:]]),
        "torch": torch.__version__,
        "seed": options.seed,
        "vocabularySize": len(vocabulary),
        "embeddingSize": options.embedding_size,
        "hiddenSize": options.hidden_size,
        "numParameters": num_parameters,
        "trainCharacters": len(train_text),
        "heldOutCharacters": len(held_out_text),
        "batchSize": options.batch_size,
        "sequenceLength": options.sequence_length,
        "learningRate": options.learning_rate,
    }

    best = math.inf

    def checkpoint(steps: int, minutes: float) -> None:
        nonlocal best
        final = rounded_to_f16(model)
        quality = bits_per_character(final, held_out_indices)
        say(f"step {steps}: {quality:.4f} bits/char held out, {best:.4f} the best before")
        if not quality < best:
            return
        best = quality
        check_text = held_out_text[:CHECK_CHARACTERS]
        record = about | {
            "steps": steps,
            "epochs": round(steps * options.batch_size * options.sequence_length / len(train_text), 2),
            "trainingMinutes": round(minutes, 1),
            "heldOutBitsPerCharacter": quality,
            "checkText": check_text,
            "checkBitsPerCharacter": bits_per_character(final, encode(check_text, vocabulary)),
        }
        write_model(options.output / "next-char.safetensors", final, vocabulary)
        write_whole(options.output / "next-char.json", (json.dumps(record, indent=2) + "\n").encode())

    train(model, train_indices, options, checkpoint)


def train(
    model: NextChar, text: Tensor, options: argparse.Namespace, checkpoint: Callable[[int, float], None]
) -> None:
    """Trains on `text` [N] by truncated back-propagation through time; calls `checkpoint(steps, minutes)` now and then.

    Each of B streams starts at another place of the text and reads on from there, round its end, keeping its state.
    """
    num_streams, length = options.batch_size, options.sequence_length
    num_steps = round(options.epochs * len(text) / (num_streams * length))
    offsets = torch.arange(num_streams) * (len(text) // num_streams) + torch.arange(length + 1)[:, None]  # [T + 1, B]
    optimizer = torch.optim.Adam(model.parameters(), betas=ADAM_DECAYS)
    state = model.zero_state(num_streams)

    started = reported = saved = time.monotonic()
    step = reported_step = 0
    progress = 0.0
    bits_sum = 0.0
    while progress < 1:
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * min(1, (step + 1) / WARMUP_STEPS) * cosine_decay(progress)
        window = text[(step * length + offsets) % len(text)]
        keeps = (torch.rand(num_streams, 1) >= RESET_PROBABILITY).float()
        logits, state = model(window[:-1], state.detach() * keeps)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), window[1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        optimizer.step()

        step += 1
        bits_sum += loss.item() / math.log(2)
        now = time.monotonic()
        minutes = (now - started) / 60
        progress = max(step / num_steps, minutes / options.max_minutes)
        if now - reported >= PROGRESS_SECONDS:
            steps = step - reported_step
            speed = steps * num_streams * length / (now - reported)
            say(
                f"{100 * progress:5.1f} %  {bits_sum / steps:.4f} bits/char in training  {speed:.0f} chars/s  "
                f"{minutes:.1f} min, {minutes / progress - minutes:.1f} to go"
            )
            reported, reported_step, bits_sum = now, step, 0.0
        if now - saved >= CHECKPOINT_SECONDS or progress >= 1:
            checkpoint(step, minutes)
            saved = now


def cosine_decay(progress: float) -> float:
    """Falls from 1 to 0.01 as `progress` goes from 0 to 1."""
    return 0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2


def encode(text: str, vocabulary: str) -> Tensor:
    """Returns the indices of the characters of `text`, [N]."""
    index_of = {character: index for index, character in enumerate(vocabulary)}
    return torch.tensor([index_of[character] for character in text])


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
