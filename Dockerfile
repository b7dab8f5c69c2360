# examples/server.rs as a small image. Start from it for an app of your own.
#
# The base images are pinned by version, not by digest, so that a new build has Debian's security fixes.

FROM rust:1.95.0-trixie AS build
WORKDIR /src
COPY . .
# The package `server`, not the example: an example is built with dev-dependencies. The caches make later builds fast.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release -p server \
    && cp target/release/server /usr/local/bin/server

FROM debian:trixie-slim
# TLS trusts the certificates of the system.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin server
COPY --from=build /usr/local/bin/server /usr/local/bin/server
USER 10001:10001
ENV BIND_ADDR=0.0.0.0:8080
EXPOSE 8080
CMD ["/usr/local/bin/server"]
