# Builds Palimpsest by the very steps of the README, and leaves one binary and no shell behind.
#
#   docker build -t palimpsest .
#   docker run -p 127.0.0.1:4800:4800 -v palimpsest:/data palimpsest
FROM rust:1-bookworm AS build
RUN apt-get update && apt-get install --yes build-essential
WORKDIR /palimpsest
COPY . .
RUN cp "$(cargo xtask build)" /usr/local/bin/palimpsest && mkdir /data

# The C library and nothing else; user 65532 is no one's.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /usr/local/bin/palimpsest /palimpsest
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 4800
ENV PALIMPSEST_DATA=/data PALIMPSEST_LISTEN=0.0.0.0:4800
ENTRYPOINT ["/palimpsest"]
CMD ["serve"]
