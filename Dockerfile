# The same source, VERSION and REVISION give the same binary, octet for octet, on
# every builder: hence the exact release of Go, and no path and no time in it.
# docker buildx build --platform linux/amd64,linux/arm64 makes both architectures.
#
# The compiler runs on the builder's own architecture and cross-compiles, so that
# an image for another architecture needs no emulation.
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
ARG VERSION=unknown REVISION=unknown
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION -X main.revision=$REVISION" -o /out/aclens ./cmd/aclens \
 && install -d -m 0700 /out/state

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/aclens /aclens
COPY --from=build /src/LICENSE /LICENSE
COPY --from=build --chown=65532:65532 /out/state /var/lib/aclens

# A number, so that Kubernetes can tell that it is not root (runAsNonRoot).
USER 65532:65532
VOLUME /var/lib/aclens
# The only folder that may be written; serve --demo unpacks its sample there.
ENV TMPDIR=/var/lib/aclens
# LDAP, LDAPS, HTTP. Which of them listen, and where, is the configuration's word;
# off loopback an LDAP bind in plain text is refused by default.
EXPOSE 10389 10636 9389

# There is no shell and no curl in here, so the binary asks itself. The address is
# the default of listen.http; one who changes that, or serves HTTPS there, sets
# listen.metrics and gives another --health-cmd.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["/aclens", "healthcheck", "--url", "http://127.0.0.1:9389/readyz"]

ENTRYPOINT ["/aclens"]
CMD ["serve", "--config", "/etc/aclens/aclens.yaml"]
