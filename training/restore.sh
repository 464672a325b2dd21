#!/bin/sh
# Pairs, training, judgement and export of the restoring networks: restore.sh TEACHER.onnx PICTURES WORK MINUTES [options
# of train.py]. PICTURES is what pictures.py made; each network trains for MINUTES. Started again, it goes on.
set -e
here=$(dirname "$0")
teacher=$1 pictures=$2 work=$3 minutes=$4
shift 4
python "$here/teacher.py" "$teacher" "$pictures/held" "$work/held" --pairs 64 --seed 18 --bf16
python "$here/teacher.py" "$teacher" "$pictures/shipped" "$work/pairs" --bf16
for name in restore-x4 restore-x2; do
  python "$here/train.py" $name "$work/pairs" "$work/$name" --minutes "$minutes" --bf16 0.75 --l2 0 "$@"
  python "$here/judge.py" "$work/held" $name "$work/$name/checkpoint.pt"
  python "$here/export.py" $name "$work/$name/checkpoint.pt" "$work/$name.onnx"
done
