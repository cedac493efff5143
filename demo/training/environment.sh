# For the training scripts, which read this file: Python with PyTorch, on one CPU core.

# Debian's python3-torch belongs to Debian's own Python, which need not be the first one on PATH.
python=${PYTHON:-/usr/bin/python3}

# Debian 12's OpenBLAS knows no processor newer than itself and falls back to SSE3 there, at a quarter of the speed.
if [ -z "${OPENBLAS_CORETYPE:-}" ]; then
  if grep -qw avx512vl /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=SkylakeX
  elif grep -qw avx2 /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=Haswell
  fi
fi

export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
