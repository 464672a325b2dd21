#!/bin/sh
# Pairs, training, judgement and export of the restoring networks: restore.sh TEACHER.onnx PICTURES WORK MINUTES [options
# of train.py]. PICTURES is what pictures.py made; each network trains for MINUTES, x4 from what compact-x4 knows, x2
# from x4. Started again, it goes on.
set -e
here=$(dirname "$0")
teacher=$1 pictures=$2 work=$3 minutes=$4
shift 4
python "$here/teacher.py" "$teacher" "$pictures/held" "$work/held" --pairs 48 --side 64 --seed 18
python "$here/teacher.py" "$teacher" "$pictures/shipped" "$work/pairs" --side 64
python "$here/deepen.py" "$here/../models/compact-x4.onnx" restore-x4 "$work/compact-x4.npz"
warm=$work/compact-x4.npz
for name in restore-x4 restore-x2; do
  python "$here/train.py" $name "$work/pairs" "$work/$name" --minutes "$minutes" --batch 4 --patch 64 --keep 1 \
    --l2 0 --rate 2e-3 --warm "$warm" "$@"
  python "$here/judge.py" "$work/held" $name "$work/$name/checkpoint.pt"
  python "$here/export.py" $name "$work/$name/checkpoint.pt" "$work/$name.onnx"
  warm=$work/$name/checkpoint.pt
done
