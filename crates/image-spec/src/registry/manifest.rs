//! What a tag names: an image's manifest, or an index of manifests by platform.

use super::Trouble;
use crate::digest::sha256;
use serde::Deserialize;

/// What is accepted: images and indexes, Docker's and OCI's.
pub(super) const MEDIA_TYPES: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// A manifest or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The digest of its bytes.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// The image's configuration; `None` for an index.
    pub config: Option<Descriptor>,
    /// The image's layers, from the base up; empty for an index.
    pub layers: Vec<Descriptor>,
    /// The manifests of an index; empty for an image.
    pub manifests: Vec<Descriptor>,
    /// The bytes as they came.
    pub bytes: Vec<u8>,
}

/// What names a blob or a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Its media type.
    #[serde(default)]
    pub media_type: String,
    /// The digest of its bytes.
    pub digest: String,
    /// How many bytes it has.
    pub size: u64,
    /// The platform that a manifest of an index is for.
    pub platform: Option<ManifestPlatform>,
}

/// The platform that a manifest of an index is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ManifestPlatform {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`.
    pub architecture: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    media_type: Option<String>,
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

impl Manifest {
    /// Reads the bytes of a manifest.
    pub(super) fn read(bytes: Vec<u8>, media_type: &str) -> Result<Self, Trouble> {
        let written: Written = serde_json::from_slice(&bytes).map_err(|_| Trouble::NotARegistry)?;
        Ok(Self {
            digest: sha256(&bytes),
            media_type: written.media_type.unwrap_or_else(|| media_type.to_owned()),
            config: written.config,
            layers: written.layers,
            manifests: written.manifests,
            bytes,
        })
    }

    /// Whether it is an index: its manifests are asked for by their digests.
    pub fn is_index(&self) -> bool {
        self.config.is_none() && !self.manifests.is_empty()
    }

    /// Whether it is the image that an engine calls `id`: the digest of the configuration, or, with
    /// containerd's image store, of the manifest itself.
    pub fn is_image(&self, id: &str) -> bool {
        self.digest == id || self.config.as_ref().is_some_and(|config| config.digest == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_images_and_indexes() {
        let image = br#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",
            "config":{"mediaType":"c","size":2,"digest":"sha256:cc"},
            "layers":[{"mediaType":"l","size":3,"digest":"sha256:ll"}]}"#;
        let manifest = Manifest::read(image.to_vec(), "text/plain").unwrap();
        assert!(manifest.media_type.ends_with("manifest.v2+json"));
        assert!(
            !manifest.is_index()
                && manifest.is_image("sha256:cc")
                && manifest.is_image(&manifest.digest)
        );
        assert_eq!(manifest.layers.len(), 1);
        let index = br#"{"manifests":[{"size":3,"digest":"sha256:mm","platform":{"os":"linux","architecture":"arm64"}}]}"#;
        let manifest =
            Manifest::read(index.to_vec(), "application/vnd.oci.image.index.v1+json").unwrap();
        assert!(manifest.is_index() && !manifest.is_image("sha256:cc"));
        assert_eq!(manifest.manifests[0].platform.as_ref().unwrap().architecture, "arm64");
        assert_eq!(Manifest::read(b"<html>".to_vec(), "text/html"), Err(Trouble::NotARegistry));
    }
}
