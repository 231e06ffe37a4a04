# syntax=docker/dockerfile:1
# One image for every role: `serve` (the default), `worker`, and any other command of `dank`.

FROM node:24-trixie-slim AS web
WORKDIR /build/web
COPY web/package.json web/package-lock.json ./
# Not `npm ci`: it insists on other platforms' builds.
RUN --mount=type=cache,target=/root/.npm npm install --no-save --no-audit --no-fund
COPY web/ ./
RUN npm run --silent build

FROM python:3.13-slim-trixie AS package
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
RUN python -m venv --without-pip /opt/dank
COPY requirements/serve.txt requirements/
# Wheels alone, so that nothing is compiled and no stranger's setup.py runs.
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/dank/bin/python install --only-binary :all: --requirement requirements/serve.txt
COPY pyproject.toml README.md LICENSE ./
COPY src/ src/
COPY --from=web /build/src/dankmeme/assets/web/ src/dankmeme/assets/web/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/dank/bin/python install --no-deps .

FROM python:3.13-slim-trixie
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Dank Meme Classifier" \
      org.opencontainers.image.description="How dank is this meme? A calibrated, honest forecast." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
RUN groupadd --gid 10001 dank \
    && useradd --uid 10001 --gid dank --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin dank \
    && install --directory --owner dank --group dank --mode 0700 /data
COPY --from=package /opt/dank /opt/dank
COPY deploy/healthy.py /opt/dank/healthy.py
ENV PATH=/opt/dank/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DANK_HOME=/data \
    DANK_PORT=8000
# A number, so that Kubernetes can tell that it is not root.
USER 10001:10001
# All that is written goes here and to /tmp; the rest may be read-only.
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --start-interval=2s --retries=3 \
    CMD ["python", "/opt/dank/healthy.py"]
ENTRYPOINT ["dank"]
CMD ["serve", "--host", "0.0.0.0"]
