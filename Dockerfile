# One file for the three roles: `docker build --target web|worker|sweeper .`, or `docker compose build`.
# Any image with Python 3.11 to 3.14 and its venv does; the worker's needs Debian's apt-get for bubblewrap, too.
ARG PYTHON_IMAGE=python:3.13-slim-trixie

# ---- What all roles have: a user that is nobody anywhere else.
FROM ${PYTHON_IMAGE} AS base
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin backmark
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /

# ---- What builds, and is not shipped. Every file that comes over the network is checked by its hash.
FROM base AS building
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1
COPY locks/build.txt /src/locks/
RUN python3 -m venv /opt/build \
 && /opt/build/bin/pip install --quiet --require-hashes --only-binary :all: -r /src/locks/build.txt \
 && python3 -m venv --without-pip /opt/venv

FROM building AS wheel
COPY LICENSE pyproject.toml /src/
COPY backmark /src/backmark
COPY grader /src/grader
COPY worker /src/worker
# The docs are a site in the wheel.
COPY locks/docs.txt /src/locks/
RUN /opt/build/bin/pip install --quiet --require-hashes --only-binary :all: -r /src/locks/docs.txt
COPY mkdocs.yml /src/
COPY docs /src/docs
COPY setup/docs /src/setup/docs
RUN cd /src && /opt/build/bin/python3 -m mkdocs build --strict --quiet
# The assignments are a distribution of their own.
COPY setup/gallery /src/setup/gallery
RUN /opt/build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels /src /src/setup/gallery

FROM building AS web-venv
COPY locks/web.txt /src/locks/
RUN /opt/build/bin/pip --python /opt/venv/bin/python install --quiet --require-hashes --only-binary :all: -r /src/locks/web.txt
COPY --from=wheel /wheels /wheels
RUN /opt/build/bin/pip --python /opt/venv/bin/python install --quiet --no-deps --no-index /wheels/*.whl

FROM building AS worker-venv
COPY locks/worker.txt /src/locks/
RUN /opt/build/bin/pip --python /opt/venv/bin/python install --quiet --require-hashes --only-binary :all: -r /src/locks/worker.txt
COPY --from=wheel /wheels /wheels
RUN /opt/build/bin/pip --python /opt/venv/bin/python install --quiet --no-deps --no-index /wheels/*.whl

FROM building AS sweeper-venv
COPY locks/sweeper.txt /src/locks/
RUN /opt/build/bin/pip --python /opt/venv/bin/python install --quiet --require-hashes --only-binary :all: -r /src/locks/sweeper.txt
COPY --from=wheel /wheels /wheels
RUN /opt/build/bin/pip --python /opt/venv/bin/python install --quiet --no-deps --no-index /wheels/*.whl

# ---- The roles.
FROM base AS web
COPY --from=web-venv /opt/venv /opt/venv
USER 10001:10001
EXPOSE 8000
CMD ["backmark", "service", "web", "--bind", "0.0.0.0:8000"]

FROM base AS sweeper
COPY --from=sweeper-venv /opt/venv /opt/venv
USER 10001:10001
CMD ["backmark", "service", "sweeper"]

FROM base AS worker
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bubblewrap \
 && rm -rf /var/lib/apt/lists/*
COPY --from=worker-venv /opt/venv /opt/venv
USER 10001:10001
CMD ["backmark", "service", "worker"]
