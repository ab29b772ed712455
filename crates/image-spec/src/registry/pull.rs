//! An image of a registry, its layers read as they come.

use super::{RegistryClient, RegistryError};
use crate::Reference;
use image_layers::{Config, Image, ImageError, ManifestOrIndex, Want, read_layer};
use std::io::Read;

/// A configuration is far smaller.
const LARGEST_CONFIG: u64 = 16 * 1024 * 1024;

/// Why an image of a registry could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The registry does not answer, or refuses.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There is no such image.
    #[error("there is no `{0}`")]
    NotThere(String),
    /// A part of it is broken.
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl RegistryClient {
    /// Reads an image for `architecture` (such as `amd64`), layer by layer; nothing is kept on disk.
    /// `progress` hears of every layer.
    ///
    /// # Errors
    /// Where the registry does not answer, there is no such image, or a part of it is broken.
    pub fn image(
        &self,
        reference: &Reference,
        architecture: &str,
        want: &Want<'_>,
        progress: &dyn Fn(&str),
    ) -> Result<Image, PullError> {
        let path = reference.path.as_str();
        let named = reference.digest.as_deref().or(reference.tag.as_deref()).unwrap_or("latest");
        let manifest = self.image_manifest(path, named, architecture)?;
        let missing = |digest: &str| ImageError::Missing(digest.to_owned());
        let config_digest = &manifest.config.digest;
        let blob = self.blob(path, config_digest)?.ok_or_else(|| missing(config_digest))?;
        let mut bytes = Vec::new();
        blob.take(LARGEST_CONFIG)
            .read_to_end(&mut bytes)
            .map_err(|source| ImageError::Layer { name: config_digest.clone(), source })?;
        let config: Config = serde_json::from_slice(&bytes)
            .map_err(|source| ImageError::Json { name: config_digest.clone(), source })?;
        let mut layers = Vec::new();
        for (index, layer) in manifest.layers.iter().enumerate() {
            let mib = layer.size / (1024 * 1024);
            let count = manifest.layers.len();
            progress(&format!("layer {} of {count} ({mib} MiB)", index + 1));
            let blob = self.blob(path, &layer.digest)?.ok_or_else(|| missing(&layer.digest))?;
            layers.push(read_layer(&layer.digest, blob, want)?);
        }
        Ok(Image { names: vec![reference.to_string()], config, layers })
    }

    fn image_manifest(
        &self,
        path: &str,
        named: &str,
        architecture: &str,
    ) -> Result<image_layers::Manifest, PullError> {
        let not_there = || PullError::NotThere(format!("{path}:{named}"));
        let answer = self.manifest(path, named)?.ok_or_else(not_there)?;
        let read = |bytes: &[u8]| {
            ManifestOrIndex::from_json(bytes)
                .map_err(|source| ImageError::Json { name: named.to_owned(), source })
        };
        let images = match read(&answer.bytes)? {
            ManifestOrIndex::Manifest(manifest) => return Ok(manifest),
            ManifestOrIndex::Index(images) => images,
        };
        let chosen = ManifestOrIndex::choose(&images, architecture).ok_or_else(|| {
            PullError::NotThere(format!("{path}:{named} for linux/{architecture}"))
        })?;
        let answer = self.manifest(path, &chosen.digest)?.ok_or_else(not_there)?;
        match read(&answer.bytes)? {
            ManifestOrIndex::Manifest(manifest) => Ok(manifest),
            ManifestOrIndex::Index(_) => {
                Err(ImageError::NoImage("an index leads to an index".to_owned()).into())
            }
        }
    }
}
