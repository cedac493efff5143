#!/bin/sh
# Trains the sensor example's model, demo/models/sensor.safetensors, on one CPU core.
# Options go to train_sensor.py: train_sensor.sh --help
set -eu
cd "$(dirname "$0")"
. ./environment.sh

if ! "$python" -c "import numpy, torch" 2>/dev/null; then
  echo "train_sensor.sh: expected PyTorch; get it with: apt-get install python3-torch" >&2
  exit 1
fi

exec "$python" train_sensor.py "$@"
