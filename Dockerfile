# One image for each service: docker build --build-arg SERVICE=ingest-falco .
# The classic builder is enough. With a mirror, give pip's own variables as build arguments.
ARG PYTHON_IMAGE=python:3.12-slim

FROM ${PYTHON_IMAGE} AS build
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# The shipped environment has no pip.
RUN python3 -m venv --without-pip /opt/venv
COPY requirements.lock ./
RUN python3 -m pip --python /opt/venv/bin/python install --require-hashes --no-deps -r requirements.lock
COPY shared ./shared
RUN python3 -m pip --python /opt/venv/bin/python install --no-deps ./shared
ARG SERVICE
COPY services/${SERVICE} ./service
RUN python3 -m pip --python /opt/venv/bin/python install --no-deps ./service \
  && ln -s "/opt/venv/bin/${SERVICE}" /opt/venv/bin/service

FROM ${PYTHON_IMAGE}
ARG SERVICE
LABEL org.opencontainers.image.title="tfdrift ${SERVICE}" \
  org.opencontainers.image.description="Terraform drift with the person behind it, from Falco alerts and states" \
  org.opencontainers.image.licenses="Apache-2.0"
# A named volume that is mounted here gets this folder's owner.
RUN install -d -o 10001 -g 10001 /var/lib/tfdrift/spool
COPY --from=build /opt/venv /opt/venv
COPY deploy/images/healthcheck.py /opt/healthcheck.py
ENV PATH=/opt/venv/bin:$PATH \
  PYTHONDONTWRITEBYTECODE=1 \
  SERVICE=${SERVICE} \
  TFDRIFT_HTTP_HOST=0.0.0.0 \
  TFDRIFT_SPOOL_DIR=/var/lib/tfdrift/spool
USER 10001:10001
WORKDIR /tmp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-I", "/opt/healthcheck.py"]
ENTRYPOINT ["/opt/venv/bin/service"]
