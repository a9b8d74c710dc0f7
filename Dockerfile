# srcli for CPUs, or with `--build-arg TORCH=cu130` for NVIDIA GPUs. The weights are inside.
ARG PYTHON=3.13
FROM python:${PYTHON}-slim AS build
ARG TORCH=cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/srcli
COPY constraints.txt /source/
RUN /opt/srcli/bin/pip install "$(grep '^torch==' /source/constraints.txt)" \
    --index-url https://download.pytorch.org/whl/${TORCH}
COPY pyproject.toml hatch_build.py README.md LICENSE /source/
COPY srcli /source/srcli
COPY weights /source/weights
RUN /opt/srcli/bin/pip install -c /source/constraints.txt /source

FROM python:${PYTHON}-slim
COPY --from=build /opt/srcli /opt/srcli
RUN useradd --create-home --uid 1000 srcli
ENV PATH=/opt/srcli/bin:$PATH PYTHONDONTWRITEBYTECODE=1 SRCLI_CACHE_DIR=/tmp/srcli
USER srcli
WORKDIR /pictures
ENTRYPOINT ["srcli"]
CMD ["--help"]
