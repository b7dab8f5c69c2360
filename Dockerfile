# examples/server.rs as a small image. Start from it for an app of your own.
#
#   docker build .                        the app
#   docker build --target local-okta .    the local Okta, for development
#
# The base images are pinned by version, not by digest, so that a new build has Debian's security fixes. `.ci/run`, step
# "the image without a container engine", runs the commands of the build stages and the health checks.

FROM rust:1.95.0-trixie AS source
WORKDIR /src
COPY . .

# The package `server`, not the example: an example is built with dev-dependencies. The caches keep the compiled dependencies
# on the builder. A builder that starts empty, such as that of a hosted CI, compiles everything.
FROM source AS build-server
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release -p server \
    && cp target/release/server /usr/local/bin/server

FROM source AS build-local-okta
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release -p local-okta \
    && cp target/release/local-okta /usr/local/bin/local-okta

FROM debian:trixie-slim AS local-okta
# local-okta listens only on loopback. socat forwards a port of the container to it, see compose.yaml.
RUN apt-get update \
    && apt-get install -y --no-install-recommends socat \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin okta
COPY --from=build-local-okta /usr/local/bin/local-okta /usr/local/bin/local-okta
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=7s --start-period=10s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8181; printf 'GET /oauth2/default/v1/keys HTTP/1.0\\r\\nHost: 127.0.0.1:8181\\r\\n\\r\\n' >&3; read -r line <&3; [[ $line == *' 200 '* ]]"]
CMD ["/usr/local/bin/local-okta"]

# The last stage is what `docker build .` makes.
FROM debian:trixie-slim AS server
# TLS trusts the certificates of the system.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin server
COPY --from=build-server /usr/local/bin/server /usr/local/bin/server
USER 10001:10001
ENV BIND_ADDR=0.0.0.0:8080
EXPOSE 8080
# Debian slim has no curl, but bash, which opens the connection. Healthy once there are keys.
HEALTHCHECK --interval=10s --timeout=7s --start-period=10s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${BIND_ADDR##*:}; printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3; read -r line <&3; [[ $line == *' 200 '* ]]"]
CMD ["/usr/local/bin/server"]
