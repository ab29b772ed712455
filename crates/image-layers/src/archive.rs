//! An image in a tar file: as `docker save` writes it, or an OCI layout.

use crate::{Config, Image, ImageError, Layer, Manifest, ManifestOrIndex, Want, read_layer};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};

/// Manifests and configurations are far smaller.
const LARGEST_JSON: u64 = 16 * 1024 * 1024;

/// The parts of an archive, by the names that they have in it.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) jsons: BTreeMap<String, Vec<u8>>,
    pub(crate) layers: BTreeMap<String, Layer>,
    /// Old archives write a layer once and link to it.
    pub(crate) links: BTreeMap<String, String>,
}

/// Reads an image from a tar file, in one pass. `name` chooses among several, by tag or digest.
///
/// # Errors
/// Where it is broken, incomplete, something else, or several.
pub fn read_archive(
    source: impl Read,
    name: Option<&str>,
    want: &Want<'_>,
) -> Result<Image, ImageError> {
    let mut archive = tar::Archive::new(source);
    let mut parts = Parts::default();
    let entries = archive.entries().map_err(ImageError::Archive)?;
    for (index, item) in entries.enumerate() {
        let mut item = match item {
            Ok(item) => item,
            Err(_) if index == 0 => {
                return Err(ImageError::NoImage("it is not a tar file".to_owned()));
            }
            Err(error) => return Err(ImageError::Archive(error)),
        };
        let path = String::from_utf8_lossy(&item.path_bytes()).into_owned();
        let path = path.trim_start_matches("./").to_owned();
        let header = item.header().entry_type();
        if header.is_symlink() || header.is_hard_link() {
            let target = item.link_name_bytes().unwrap_or_default();
            parts.links.insert(path, String::from_utf8_lossy(&target).into_owned());
            continue;
        }
        if !header.is_file() {
            continue;
        }
        let mut start = Vec::new();
        item.by_ref().take(512).read_to_end(&mut start).map_err(ImageError::Archive)?;
        if is_json(&start) {
            let mut bytes = start;
            item.by_ref()
                .take(LARGEST_JSON)
                .read_to_end(&mut bytes)
                .map_err(ImageError::Archive)?;
            parts.jsons.insert(path, bytes);
        } else if is_layer(&start) {
            let layer = read_layer(&path, Cursor::new(start).chain(item), want)?;
            parts.layers.insert(path, layer);
        }
    }
    assemble(parts, name)
}

fn is_json(start: &[u8]) -> bool {
    matches!(start.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'['))
}

fn is_layer(start: &[u8]) -> bool {
    let is_tar = start.get(257..262) == Some(b"ustar") || start.iter().all(|byte| *byte == 0);
    is_tar || start.starts_with(&[0x1f, 0x8b]) || start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

/// An entry of `manifest.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Vec<String>,
}

/// Puts the parts together.
pub(crate) fn assemble(mut parts: Parts, name: Option<&str>) -> Result<Image, ImageError> {
    if let Some(bytes) = parts.jsons.get("manifest.json") {
        let saved: Vec<Saved> = json("manifest.json", bytes)?;
        let names = |one: &Saved| one.repo_tags.clone().unwrap_or_default();
        let all: Vec<String> = saved.iter().flat_map(names).collect();
        let chosen = choose(&saved, name, |one, wanted| {
            names(one).iter().any(|name| is_name(name, wanted)) || one.config.contains(wanted)
        });
        let Some(chosen) = chosen else {
            return Err(match saved.len() {
                0 => ImageError::NoImage("its `manifest.json` is empty".to_owned()),
                _ => ImageError::Several(all),
            });
        };
        let (names, chosen) = (names(chosen), chosen.clone());
        return parts.image(names, &chosen.config, &chosen.layers);
    }
    let Some(bytes) = parts.jsons.get("index.json") else {
        return Err(ImageError::NoImage(
            "neither `manifest.json` of `docker save` nor `index.json` of an OCI layout is in it"
                .to_owned(),
        ));
    };
    let (names, manifest) = parts.manifest("index.json", bytes, name)?;
    let layers: Vec<String> = manifest.layers.iter().map(|one| blob(&one.digest)).collect();
    parts.image(names, &blob(&manifest.config.digest), &layers)
}

fn choose<'a, T>(all: &'a [T], name: Option<&str>, is: impl Fn(&T, &str) -> bool) -> Option<&'a T> {
    match (all, name) {
        ([only], None) => Some(only),
        (_, Some(wanted)) => all.iter().find(|one| is(one, wanted)),
        (_, None) => None,
    }
}

/// `app:1` names `docker.io/library/app:1` too.
fn is_name(name: &str, wanted: &str) -> bool {
    name == wanted || name.strip_suffix(wanted).is_some_and(|rest| rest.ends_with('/'))
}

fn blob(digest: &str) -> String {
    format!("blobs/{}", digest.replacen(':', "/", 1))
}

fn json<T: for<'de> Deserialize<'de>>(name: &str, bytes: &[u8]) -> Result<T, ImageError> {
    serde_json::from_slice(bytes)
        .map_err(|source| ImageError::Json { name: name.to_owned(), source })
}

impl Parts {
    /// The manifest that an index leads to, with the names that it has there.
    fn manifest(
        &self,
        path: &str,
        bytes: &[u8],
        name: Option<&str>,
    ) -> Result<(Vec<String>, Manifest), ImageError> {
        let found = ManifestOrIndex::from_json(bytes)
            .map_err(|source| ImageError::Json { name: path.to_owned(), source })?;
        let images = match found {
            ManifestOrIndex::Manifest(manifest) => return Ok((Vec::new(), manifest)),
            ManifestOrIndex::Index(images) => images,
        };
        let named = |one: &crate::Descriptor| -> Vec<String> {
            let keys = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
            keys.iter().filter_map(|key| one.annotations.get(*key).cloned()).collect()
        };
        let by_name = choose(&images, name, |one, wanted| {
            one.digest == wanted || named(one).iter().any(|name| is_name(name, wanted))
        });
        let chosen = by_name.or_else(|| ManifestOrIndex::choose(&images, "amd64"));
        let Some(chosen) = chosen else {
            return Err(ImageError::Several(images.iter().flat_map(named).collect()));
        };
        let path = blob(&chosen.digest);
        let bytes = self.jsons.get(&path).ok_or_else(|| ImageError::Missing(path.clone()))?;
        let (mut names, manifest) = self.manifest(&path, bytes, None)?;
        names.extend(named(chosen));
        Ok((names, manifest))
    }

    fn image(
        &mut self,
        names: Vec<String>,
        config: &str,
        layers: &[String],
    ) -> Result<Image, ImageError> {
        let bytes = self.jsons.get(config).ok_or_else(|| ImageError::Missing(config.to_owned()))?;
        let config: Config = json(config, bytes)?;
        let mut found = Vec::new();
        for path in layers {
            found.push(self.layer(path)?);
        }
        Ok(Image { names, config, layers: found })
    }

    fn layer(&self, path: &str) -> Result<Layer, ImageError> {
        let target = self.links.get(path).map_or(path.to_owned(), |target| beside(path, target));
        let layer = self.layers.get(&target).ok_or_else(|| ImageError::Missing(target.clone()))?;
        if let Some(digest) = target.strip_prefix("blobs/").map(|rest| rest.replacen('/', ":", 1))
            && digest.starts_with("sha256:")
            && digest != layer.digest
        {
            return Err(ImageError::Digest { name: digest, found: layer.digest.clone() });
        }
        Ok(layer.clone())
    }
}

/// The path that a link means: `a/layer.tar` with `../b/layer.tar` is `b/layer.tar`.
fn beside(path: &str, target: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::example;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn digest(bytes: &[u8]) -> String {
        read_layer("x", bytes, &Want::nothing()).map_or_else(
            |_| unreachable!("only layers are asked for"),
            |layer| layer.digest.trim_start_matches("sha256:").to_owned(),
        )
    }

    /// As Docker before 25 writes it: folders with `layer.tar`, one of them a link.
    fn saved() -> Vec<u8> {
        let layer = text(&example::tar(&[("etc/os-release", "ID=debian\n")]));
        example::tar(&[
            ("aa/layer.tar", &layer),
            ("bb/layer.tar", "->../aa/layer.tar"),
            ("c.json", r#"{"architecture":"amd64","config":{"Env":["CUDA_VERSION=12.6.3"]}}"#),
            (
                "manifest.json",
                r#"[{"Config":"c.json","RepoTags":["app:1"],"Layers":["aa/layer.tar","bb/layer.tar"]}]"#,
            ),
        ])
    }

    /// An OCI layout.
    fn layout(broken: bool) -> Vec<u8> {
        let layer = example::tar(&[("etc/os-release", "ID=debian\n")]);
        let digest = if broken { "0".repeat(64) } else { digest(&layer) };
        example::tar(&[
            ("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#),
            (&format!("blobs/sha256/{digest}"), &text(&layer)),
            ("blobs/sha256/c", r#"{"architecture":"amd64"}"#),
            (
                "blobs/sha256/m",
                &format!(
                    r#"{{"config":{{"digest":"sha256:c"}},"layers":[{{"digest":"sha256:{digest}"}}]}}"#
                ),
            ),
            ("index.json", r#"{"manifests":[{"digest":"sha256:m"}]}"#),
        ])
    }

    #[test]
    fn reads_what_docker_saves() {
        let image = read_archive(saved().as_slice(), None, &Want::nothing()).unwrap();
        assert_eq!(image.names, ["app:1"]);
        assert_eq!(image.layers.len(), 2);
        assert_eq!(image.layers[0], image.layers[1]);
        assert_eq!(image.variable("CUDA_VERSION"), Some("12.6.3"));
        assert!(read_archive(saved().as_slice(), Some("app:1"), &Want::nothing()).is_ok());
        assert!(read_archive(saved().as_slice(), Some("other"), &Want::nothing()).is_err());
    }

    #[test]
    fn reads_a_layout() {
        let image = read_archive(layout(false).as_slice(), None, &Want::nothing()).unwrap();
        assert_eq!(image.files().len(), 1);
        let error = read_archive(layout(true).as_slice(), None, &Want::nothing()).unwrap_err();
        assert!(matches!(error, ImageError::Digest { .. }), "{error}");
    }

    #[test]
    fn says_what_is_missing() {
        let check = |bytes: &[u8], expected: &str| {
            let error = read_archive(bytes, None, &Want::nothing()).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        check(b"hello", "it is not a tar file");
        check(&example::tar(&[("a", "b")]), "neither `manifest.json`");
        check(&example::tar(&[("manifest.json", "[]")]), "is empty");
        check(&example::tar(&[("manifest.json", "{")]), "not a valid manifest");
        check(
            &example::tar(&[("manifest.json", r#"[{"Config":"c.json","Layers":[]}]"#)]),
            "`c.json` is missing",
        );
        check(
            &example::tar(&[("index.json", r#"{"manifests":[{"digest":"sha256:m"}]}"#)]),
            "sha256/m",
        );
        let whole = saved();
        check(&whole[..whole.len() / 2 + 300], "cannot be read to its end");
    }

    proptest::proptest! {
        #[test]
        fn half_written_archives_are_answered(cut in 0usize..8000) {
            for whole in [saved(), layout(false)] {
                let part = &whole[..cut.min(whole.len())];
                let _ = read_archive(part, None, &Want::new(|_| true, 1000));
            }
        }
    }
}
