# Two images: cpu (the default), and cuda with ONNX Runtime's CUDA files over NVIDIA's runtime.

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json temporal.config.ts ./
COPY scripts scripts
COPY src src
COPY web web
RUN node scripts/build.mjs && npm prune --omit=dev
COPY bin bin
COPY models models

# There is a plugin for x86-64 only; elsewhere the image is without it.
FROM build AS build-openvino
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip
RUN node --input-type=module -e \
  "import { openvinoExists, setUpOpenvino } from '/app/dist/src/runtime/openvinoFiles.js'; if (openvinoExists()) await setUpOpenvino(console.log)"

FROM build AS build-cuda
RUN cd node_modules/onnxruntime-node && ONNXRUNTIME_NODE_INSTALL=cuda12 node script/install.js

FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 AS cuda
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build-cuda /app /app
# Owned by the user that the containers run as: a new volume takes its owner from here.
RUN mkdir /state && chown 1000:1000 /state
ENV REELSCALE_HOME=/tmp/reelscale REELSCALE_JOBS_ROOT=/state/jobs REELSCALE_MODELS_ROOT=/state/models
USER 1000:1000
ENTRYPOINT ["node", "/app/bin/reelscale"]

FROM node:20.20.2-bookworm-slim AS cpu
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build-openvino /app /app
RUN mkdir /state && chown 1000:1000 /state
ENV REELSCALE_HOME=/tmp/reelscale REELSCALE_JOBS_ROOT=/state/jobs REELSCALE_MODELS_ROOT=/state/models
USER 1000:1000
ENTRYPOINT ["node", "/app/bin/reelscale"]
