"""The next-character model: embedding, one GRU layer, linear head; its file, and its quality in bits per character."""

import copy
import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors_file import write_safetensors
from torch import Tensor, nn


@dataclass(frozen=True)
class Sizes:
    """V characters, E embedding features, H hidden features."""

    vocabulary: int
    embedding: int
    hidden: int


class NextChar(nn.Module):
    """Maps character indices [T, B] and a state [1, B, H] to logits [T, B, V] and the new state."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.embedding = nn.Embedding(sizes.vocabulary, sizes.embedding)
        self.gru = nn.GRU(sizes.embedding, sizes.hidden)
        self.head = nn.Linear(sizes.hidden, sizes.vocabulary)

    def forward(self, indices: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        output, state = self.gru(self.embedding(indices), state)
        return self.head(output), state

    def zero_state(self, batch_size: int) -> Tensor:
        """Returns the state of a fresh stream, [1, B, H]."""
        return torch.zeros(1, batch_size, self.sizes.hidden)


def rounded_to_f16(model: NextChar) -> NextChar:
    """Returns a float32 copy of the model with the weights that its f16 file will hold."""
    return copy.deepcopy(model).half().float()


@torch.no_grad()
def bits_per_character(model: NextChar, indices: Tensor) -> float:
    """Returns the mean of -log2 p(character | all before it) over `indices` [N] but its first, from a zero state."""
    state = model.zero_state(batch_size=1)
    nats = 0.0
    # Parts bound the memory; the state goes from one to the next.
    for inputs, targets in zip(indices[:-1].split(4096), indices[1:].split(4096)):
        logits, state = model(inputs[:, None], state)
        nats += nn.functional.cross_entropy(logits[:, 0], targets, reduction="sum").item()
    return nats / math.log(2) / (len(indices) - 1)


def write_model(path: Path, model: NextChar, vocabulary: str) -> None:
    """Writes the model as f16 with its layer list; `vocabulary[i]` is the character of index i."""
    sizes = model.sizes
    layers = [
        {
            "type": "embedding",
            "name": "embedding",
            "numEmbeddings": sizes.vocabulary,
            "embeddingSize": sizes.embedding,
        },
        {
            "type": "gru",
            "name": "gru",
            "inputs": ["embedding"],
            "inputSize": sizes.embedding,
            "hiddenSize": sizes.hidden,
            "resetAfter": True,
        },
        {
            "type": "dense",
            "name": "head",
            "inputs": ["gru"],
            "inputSize": sizes.hidden,
            "outputSize": sizes.vocabulary,
            "activation": "softmax",
        },
    ]
    description = {"version": 1, "layers": layers, "vocabulary": list(vocabulary)}
    # PyTorch's gate order is r, z, n too, so its GRU weights keep their rows.
    tensors = {
        "embedding.weight": model.embedding.weight,  # [V, E]
        "gru.weight": model.gru.weight_ih_l0,  # [3H, E]
        "gru.recurrentWeight": model.gru.weight_hh_l0,  # [3H, H]
        "gru.bias": model.gru.bias_ih_l0,  # [3H]
        "gru.recurrentBias": model.gru.bias_hh_l0,  # [3H]
        "head.weight": model.head.weight,  # [V, H]
        "head.bias": model.head.bias,  # [V]
    }
    halves = {name: tensor.detach().half().numpy() for name, tensor in tensors.items()}
    write_safetensors(path, halves, {"webgru": json.dumps(description, separators=(",", ":"))})
