#!/bin/sh
# Writes a container image as a tarball of an OCI image layout, which skopeo, podman and docker load.
#   oci.sh BINARY CERTIFICATES LICENSES SBOM VERSION REVISION EPOCH ARCHITECTURE FILE.tar
# The image has nothing but the binary, CERTIFICATES (a folder with CA certificates in PEM), the notices and the list of
# contents, and a user that is not root: no shell, and no entry point. EPOCH is the time of all files in seconds. The
# same arguments give the same bytes. See https://github.com/opencontainers/image-spec/blob/main/image-layout.md
set -eu
binary=$1 certificates=$2 licenses=$3 sbom=$4 version=$5 revision=$6 epoch=$7 architecture=$8 target=$9
case $architecture in
  x86_64) architecture=amd64 ;;
  aarch64) architecture=arm64 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
layout=$work/layout
blobs=$layout/blobs/sha256
root=$work/root
mkdir -p "$blobs"
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)

pack() { # FOLDER OPTION... > TAR
  folder=$1
  shift
  tar -C "$folder" --format=ustar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner "$@" -cf - .
}

# Moves a file to its place below its hash. Sets `hash` and `size`.
add_blob() {
  hash=$(sha256sum < "$1" | cut -d ' ' -f 1)
  size=$(stat -c %s "$1")
  mv "$1" "$blobs/$hash"
}

install -D -m 755 "$binary" "$root/usr/bin/lanyard"
install -D -m 644 "$licenses" "$root/usr/share/doc/lanyard/copyright"
install -D -m 644 "$sbom" "$root/usr/share/doc/lanyard/sbom.cdx.json"
mkdir -p "$root/etc/ssl/certs"
find "$certificates" -name '*.crt' | LC_ALL=C sort | while IFS= read -r file; do
  cat "$file"
done > "$root/etc/ssl/certs/ca-certificates.crt"
[ -s "$root/etc/ssl/certs/ca-certificates.crt" ] || { echo "oci.sh: $certificates has no certificates" >&2; exit 1; }
printf 'root:x:0:0:root:/root:/nonexistent\nlanyard:x:65532:65532:lanyard:/home/lanyard:/nonexistent\n' > "$root/etc/passwd"
printf 'root:x:0:\nlanyard:x:65532:\n' > "$root/etc/group"
chmod 644 "$root/etc/passwd" "$root/etc/group" "$root/etc/ssl/certs/ca-certificates.crt"
mkdir -p "$root/home/lanyard" "$root/tmp"
find "$root" -type d -exec chmod 755 {} +
chmod 1777 "$root/tmp"

# The home belongs to the user, everything else to root.
{
  pack "$root" --exclude=./home/lanyard > "$work/base.tar"
  tar -C "$root" --format=ustar --mtime="@$epoch" --owner=65532 --group=65532 --numeric-owner -rf "$work/base.tar" ./home/lanyard
  layer_hash=$(sha256sum < "$work/base.tar" | cut -d ' ' -f 1)
  gzip -n -9 < "$work/base.tar" > "$work/layer"
}
add_blob "$work/layer"
layer=$hash layer_size=$size

cat > "$work/config" << EOF
{
  "created": "$created",
  "architecture": "$architecture",
  "os": "linux",
  "config": {
    "User": "65532:65532",
    "Env": ["PATH=/usr/bin", "HOME=/home/lanyard"],
    "Cmd": ["lanyard"],
    "WorkingDir": "/home/lanyard",
    "Labels": {
      "org.opencontainers.image.title": "lanyard",
      "org.opencontainers.image.description": "Grants and audits pull access of Lightsail container services to ECR",
      "org.opencontainers.image.version": "$version",
      "org.opencontainers.image.revision": "$revision",
      "org.opencontainers.image.created": "$created",
      "org.opencontainers.image.licenses": "MIT"
    }
  },
  "rootfs": {"type": "layers", "diff_ids": ["sha256:$layer_hash"]},
  "history": [{"created": "$created", "created_by": "make oci"}]
}
EOF
add_blob "$work/config"
config=$hash config_size=$size

cat > "$work/manifest" << EOF
{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:$config", "size": $config_size},
  "layers": [
    {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:$layer", "size": $layer_size}
  ]
}
EOF
add_blob "$work/manifest"

cat > "$layout/index.json" << EOF
{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.index.v1+json",
  "manifests": [
    {
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:$hash",
      "size": $size,
      "platform": {"architecture": "$architecture", "os": "linux"},
      "annotations": {
        "org.opencontainers.image.ref.name": "lanyard:$version",
        "io.containerd.image.name": "localhost/lanyard:$version"
      }
    }
  ]
}
EOF
echo '{"imageLayoutVersion": "1.0.0"}' > "$layout/oci-layout"
# Older versions of docker load this index instead.
printf '[{"Config": "blobs/sha256/%s", "RepoTags": ["localhost/lanyard:%s"], "Layers": ["blobs/sha256/%s"]}]\n' \
  "$config" "$version" "$layer" > "$layout/manifest.json"
find "$layout" -type d -exec chmod 755 {} +
find "$layout" -type f -exec chmod 644 {} +
mkdir -p "$(dirname "$target")"
pack "$layout" > "$target.part"
mv "$target.part" "$target"
