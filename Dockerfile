# Two stages: the first has pip and what builds the wheel, the second only what runs.

FROM python:3.11-slim AS builder
WORKDIR /src
RUN python -m venv /opt/venv
COPY requirements/runtime.txt requirements/runtime.txt
RUN /opt/venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY LICENSE pyproject.toml ./
COPY migrations migrations
COPY service service
RUN /opt/venv/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation .
# What built the environment is not carried into the image that runs.
RUN /opt/venv/bin/python -m pip uninstall --yes --quiet editables hatchling \
    pathspec pluggy tomlkit trove-classifiers pip

FROM python:3.11-slim
COPY --from=builder /opt/venv /opt/venv
# The base image brings a pip of its own; nothing here needs it.
RUN rm -rf /usr/local/lib/python3.11/site-packages/* /usr/local/lib/python3.11/ensurepip \
    /usr/local/bin/pip* \
    && useradd --system --uid 10001 --home-dir /var/lib/capmap capmap \
    && install -d -o capmap -g capmap /var/lib/capmap
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CAPMAP_HOST=0.0.0.0 \
    CAPMAP_ACCESS=keys \
    CAPMAP_DATA_DIR=/var/lib/capmap
USER capmap
WORKDIR /var/lib/capmap
VOLUME /var/lib/capmap
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
CMD ["capmap", "serve"]
