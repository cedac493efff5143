#!/bin/sh
# Trains the next-character model of the demo, demo/models/next-char.safetensors, on one CPU core.
# Options go to train.py: train.sh --help
set -eu
cd "$(dirname "$0")"

# Debian's python3-torch belongs to Debian's own Python, which need not be the first one on PATH.
python=${PYTHON:-/usr/bin/python3}

if ! "$python" -c "import numpy, torch" 2>/dev/null ||
  ! command -v mod2imp >/dev/null ||
  ! [ -e /usr/share/sword/mods.d/engWEB2015eb.conf ]; then
  echo "train.sh: expected PyTorch, mod2imp and the text; get them with" >&2
  echo "  apt-get install python3-torch libsword-utils sword-text-web" >&2
  exit 1
fi

# Debian 12's OpenBLAS knows no processor newer than itself and falls back to SSE3 there, at a quarter of the speed.
if [ -z "${OPENBLAS_CORETYPE:-}" ]; then
  if grep -qw avx512vl /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=SkylakeX
  elif grep -qw avx2 /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=Haswell
  fi
fi

export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$python" train.py "$@"
