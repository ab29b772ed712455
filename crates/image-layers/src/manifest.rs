//! Manifests and indexes, of OCI and of Docker.

use serde::Deserialize;

/// A part of an image, by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    #[serde(default)]
    pub media_type: String,
    /// Its digest.
    pub digest: String,
    /// Its size in bytes.
    #[serde(default)]
    pub size: u64,
    /// The platform, in an index.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// Notes: an index of BuildKit holds attestations beside images, which are marked here.
    #[serde(default)]
    pub annotations: std::collections::BTreeMap<String, String>,
}

/// A platform.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Platform {
    /// `amd64`
    #[serde(default)]
    pub architecture: String,
    /// `linux`
    #[serde(default)]
    pub os: String,
}

/// The manifest of one image.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    /// Its configuration.
    pub config: Descriptor,
    /// Its layers, the lowest first.
    #[serde(default)]
    pub layers: Vec<Descriptor>,
}

/// What a tag or a digest leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestOrIndex {
    /// One image.
    Manifest(Manifest),
    /// Images for several platforms.
    Index(Vec<Descriptor>),
}

impl ManifestOrIndex {
    /// Reads either of them.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Index {
            manifests: Vec<Descriptor>,
        }
        match serde_json::from_slice::<Index>(bytes) {
            Ok(index) => Ok(Self::Index(index.manifests)),
            Err(_) => serde_json::from_slice(bytes).map(Self::Manifest),
        }
    }

    /// The image of an index for `architecture` on Linux, or the only one that there is.
    pub fn choose<'a>(images: &'a [Descriptor], architecture: &str) -> Option<&'a Descriptor> {
        let is_image = |one: &&Descriptor| {
            one.annotations.get("vnd.docker.reference.type").is_none_or(String::is_empty)
        };
        let fits = |one: &&Descriptor| {
            one.platform
                .as_ref()
                .is_some_and(|it| it.os == "linux" && it.architecture == architecture)
        };
        let mut all = images.iter().filter(is_image);
        let fitting = images.iter().filter(is_image).find(fits);
        fitting
            .or_else(|| all.next().filter(|only| only.platform.is_none() && all.next().is_none()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_the_platform() {
        let check = |json: &str, expected: Option<&str>| {
            let Ok(ManifestOrIndex::Index(images)) = ManifestOrIndex::from_json(json.as_bytes())
            else {
                panic!("{json}")
            };
            let chosen = ManifestOrIndex::choose(&images, "amd64");
            assert_eq!(chosen.map(|one| one.digest.as_str()), expected, "{json}");
        };
        check(
            r#"{"manifests":[
                {"digest":"a","platform":{"architecture":"arm64","os":"linux"}},
                {"digest":"b","platform":{"architecture":"amd64","os":"linux"}},
                {"digest":"c","platform":{"architecture":"unknown","os":"unknown"},
                 "annotations":{"vnd.docker.reference.type":"attestation-manifest"}}]}"#,
            Some("b"),
        );
        check(r#"{"manifests":[{"digest":"a"}]}"#, Some("a"));
        check(r#"{"manifests":[{"digest":"a"},{"digest":"b"}]}"#, None);
        check(r#"{"manifests":[]}"#, None);
    }

    #[test]
    fn tells_a_manifest_from_an_index() {
        let manifest =
            r#"{"schemaVersion":2,"config":{"digest":"c","size":2},"layers":[{"digest":"l"}]}"#;
        let got = ManifestOrIndex::from_json(manifest.as_bytes()).unwrap();
        assert!(matches!(got, ManifestOrIndex::Manifest(found) if found.layers.len() == 1));
        assert!(ManifestOrIndex::from_json(b"{}").is_err());
    }
}
