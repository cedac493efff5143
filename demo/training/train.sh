#!/bin/sh
# Trains the next-character model of the demo, demo/models/next-char.safetensors, on one CPU core.
# Options go to train.py: train.sh --help
set -eu
cd "$(dirname "$0")"
. ./environment.sh

if ! "$python" -c "import numpy, torch" 2>/dev/null ||
  ! command -v mod2imp >/dev/null ||
  ! [ -e /usr/share/sword/mods.d/engWEB2015eb.conf ]; then
  echo "train.sh: expected PyTorch, mod2imp and the text; get them with" >&2
  echo "  apt-get install python3-torch libsword-utils sword-text-web" >&2
  exit 1
fi

exec "$python" train.py "$@"
