# One image with every entry point: docker build -t tfdrift . && docker run tfdrift drift-detector --help
# The classic builder is enough. Where packages come through a mirror, give pip's own variables as build arguments.
ARG PYTHON_IMAGE=python:3.12-slim@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea

FROM ${PYTHON_IMAGE} AS build
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# pip and the tool that lists the packages stay outside of the environment that is shipped.
RUN python3 -m venv --without-pip /opt/venv && python3 -m venv /opt/sbom
COPY deploy/images/sbom.lock ./
RUN /opt/sbom/bin/pip install --require-hashes --no-deps -r sbom.lock
COPY requirements.lock ./
RUN python3 -m pip --python /opt/venv/bin/python install --require-hashes --no-deps -r requirements.lock
COPY shared ./shared
COPY services ./services
RUN python3 -m pip --python /opt/venv/bin/python install --no-deps ./shared ./services/* \
  && /opt/sbom/bin/cyclonedx-py environment --of JSON -o /opt/sbom.cdx.json /opt/venv

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="tfdrift" \
  org.opencontainers.image.description="Terraform drift with the person behind it, from Falco alerts and states" \
  org.opencontainers.image.licenses="Apache-2.0"
# A named volume that is mounted on the spool takes this owner.
RUN install -d -o 10001 -g 10001 /var/lib/tfdrift/spool
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/sbom.cdx.json /usr/share/tfdrift/sbom.cdx.json
COPY deploy/images/healthcheck.py /opt/healthcheck.py
ENV PATH=/opt/venv/bin:$PATH \
  PYTHONDONTWRITEBYTECODE=1 \
  TFDRIFT_HTTP_HOST=0.0.0.0 \
  TFDRIFT_SPOOL_DIR=/var/lib/tfdrift/spool
USER 10001:10001
WORKDIR /tmp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-I", "/opt/healthcheck.py"]
CMD ["python", "-c", "print('Name a program: ingest-falco, ingest-tfstate, drift-detector or sse-gateway, each with --help.')"]
