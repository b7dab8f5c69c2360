# examples/server.rs as a small image. Start from it for an app of your own.
#
# The base images are pinned by version, not by digest, so that a new build has Debian's security fixes.

FROM rust:1.95.0-trixie AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release --example server

FROM debian:trixie-slim
# TLS trusts the certificates of the system.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin server
COPY --from=build /src/target/release/examples/server /usr/local/bin/server
USER 10001:10001
ENV BIND_ADDR=0.0.0.0:8080
EXPOSE 8080
CMD ["/usr/local/bin/server"]
