#!/bin/sh
# Pairs, training, judgement and export of the restoring networks: restore.sh TEACHER.onnx PICTURES WORK MINUTES [options
# of train.py]. PICTURES is what pictures.py made; each network trains for MINUTES, from what the compact network of its
# scale knows. Started again, it goes on.
set -e
here=$(dirname "$0")
teacher=$1 pictures=$2 work=$3 minutes=$4
shift 4
python "$here/teacher.py" "$teacher" "$pictures/held" "$work/held" --pairs 48 --side 64 --seed 18
python "$here/teacher.py" "$teacher" "$pictures/shipped" "$work/pairs" --side 64
for scale in x4 x2; do
  name=restore-$scale
  python "$here/deepen.py" "$here/../models/compact-$scale.onnx" $name "$work/compact-$scale.npz"
  python "$here/train.py" $name "$work/pairs" "$work/$name" --minutes "$minutes" --batch 4 --patch 64 --keep 1 \
    --l2 0 --rate 2e-3 --warm "$work/compact-$scale.npz" "$@"
  python "$here/judge.py" "$work/held" $name "$work/$name/checkpoint.pt"
  python "$here/export.py" $name "$work/$name/checkpoint.pt" "$work/$name.onnx"
done
