//! A registry of images, asked over HTTP: manifests, blobs and tags by the OCI distribution API.
//!
//! [`RegistryClient`] asks anonymously first, and again with Docker's credentials where it is told to.
//! Connections that are cut, `429` and `5xx` are tried again, each time after a longer wait, or after
//! the one that the registry names. Plain HTTP is spoken to this machine and to registries that the
//! caller calls insecure, and to nobody else.

mod authorize;
mod blob;
mod challenge;
mod manifest;
mod pull;
mod retry;
mod transport;
mod trouble;

pub use blob::Blob;
pub use manifest::{Descriptor, Manifest, ManifestPlatform};
pub use pull::PullError;
pub(crate) use retry::{ATTEMPTS, sleep, wait_after};
pub use trouble::{RegistryError, Trouble};

use crate::credentials::{Credential, credential};
use manifest::MEDIA_TYPES;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, atomic::AtomicBool},
};
use transport::{Answer, Transport};

/// A larger manifest is refused: registries do the same.
const LARGEST_MANIFEST: u64 = 4 * 1024 * 1024;

/// A registry that names more pages of tags than this goes in a circle.
const MOST_PAGES: usize = 1000;

/// How a registry is asked.
#[derive(Debug, Clone, Default)]
pub struct RegistryOptions {
    /// Docker's `config.json`, for credentials.
    pub docker_config: Option<PathBuf>,
    /// Whether plain HTTP may be spoken; it always may with this machine.
    pub insecure: bool,
    /// The folder with further certificate authorities, `/etc/docker/certs.d` with Docker.
    pub certificates: Option<PathBuf>,
    /// Becomes true when the user wants to stop.
    pub stop: Arc<AtomicBool>,
}

/// A registry that is asked.
#[derive(Debug)]
pub struct RegistryClient {
    /// As it is written in references; `None` for Docker Hub.
    registry: Option<String>,
    transport: Transport,
    credential: Option<Credential>,
    /// The `Authorization` that worked last, with the repository that it is for.
    authorization: Mutex<Option<(String, String)>>,
    stop: Arc<AtomicBool>,
}

impl RegistryClient {
    /// A client for a registry as it is written in references; `None` stands for Docker Hub. Nothing is
    /// asked yet.
    ///
    /// # Errors
    /// Where Docker's config or its helper is broken.
    pub fn new(registry: Option<&str>, options: &RegistryOptions) -> Result<Self, RegistryError> {
        let name = registry.unwrap_or("docker.io");
        let credential = match &options.docker_config {
            Some(path) => credential(path, registry)
                .map_err(|error| RegistryError::new(name, Trouble::Credentials(error)))?,
            None => None,
        };
        Ok(Self {
            registry: registry.map(str::to_owned),
            transport: Transport::new(registry, options),
            credential,
            authorization: Mutex::new(None),
            stop: Arc::clone(&options.stop),
        })
    }

    /// What Docker's config has for this registry.
    pub fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// The manifest or index that a tag or digest of the repository `path` names; `None` where there is
    /// none.
    ///
    /// # Errors
    /// Where the registry does not answer, refuses, or answers with something else than it was asked for.
    pub fn manifest(&self, path: &str, reference: &str) -> Result<Option<Manifest>, RegistryError> {
        let path = self.whole(path);
        let url = format!("/v2/{path}/manifests/{reference}");
        let Some(answer) = self.get(&path, &url, Some(MEDIA_TYPES))? else { return Ok(None) };
        let media_type = answer.header("content-type").unwrap_or_default();
        let claimed = answer.header("docker-content-digest");
        let bytes = answer.bytes(LARGEST_MANIFEST).map_err(|trouble| self.error(trouble))?;
        let asked = reference.contains(':').then(|| reference.to_owned());
        let manifest = Manifest::read(bytes, &media_type).map_err(|trouble| self.error(trouble))?;
        for expected in [asked, claimed].into_iter().flatten() {
            if expected.starts_with("sha256:") && expected != manifest.digest {
                let got = manifest.digest;
                return Err(self.error(Trouble::Damaged { expected, got }));
            }
        }
        Ok(Some(manifest))
    }

    /// The blob of the repository `path` with that digest, as a stream that fails at its end where the
    /// digest is another one. `None` where there is none.
    ///
    /// # Errors
    /// Where the registry does not answer or refuses.
    pub fn blob(&self, path: &str, digest: &str) -> Result<Option<Blob>, RegistryError> {
        let path = self.whole(path);
        let answer = self.get(&path, &format!("/v2/{path}/blobs/{digest}"), None)?;
        Ok(answer.map(|answer| Blob::new(answer.size(), answer.reader(), digest)))
    }

    /// All tags of the repository `path`, as the registry sorts them. `None` where there is no such
    /// repository.
    ///
    /// # Errors
    /// Where the registry does not answer or refuses.
    pub fn tags(&self, path: &str) -> Result<Option<Vec<String>>, RegistryError> {
        let path = self.whole(path);
        let mut tags = Vec::new();
        let mut url = format!("/v2/{path}/tags/list?n=1000");
        for _ in 0..MOST_PAGES {
            let Some(answer) = self.get(&path, &url, None)? else { return Ok(None) };
            let next = answer.header("link").and_then(|link| next_page(&link));
            let bytes = answer.bytes(LARGEST_MANIFEST).map_err(|trouble| self.error(trouble))?;
            let page: Page =
                serde_json::from_slice(&bytes).map_err(|_| self.error(Trouble::NotARegistry))?;
            tags.extend(page.tags.unwrap_or_default());
            match next {
                Some(next) => url = next,
                None => break,
            }
        }
        Ok(Some(tags))
    }

    /// What the registry has against being asked, right now.
    pub(crate) fn trouble_now(&self, path: &str, reference: &str) -> Option<Trouble> {
        let path = self.whole(path);
        self.get_once(&path, &format!("/v2/{path}/manifests/{reference}"), Some(MEDIA_TYPES)).err()
    }

    /// Docker Hub keeps images without an owner under `library`.
    fn whole(&self, path: &str) -> String {
        let official = self.registry.is_none() && !path.contains('/');
        if official { format!("library/{path}") } else { path.to_owned() }
    }

    fn error(&self, trouble: Trouble) -> RegistryError {
        RegistryError::new(self.registry.as_deref().unwrap_or("docker.io"), trouble)
    }

    /// Asks until there is an answer that is final; `None` for 404.
    fn get(
        &self,
        path: &str,
        url: &str,
        accept: Option<&str>,
    ) -> Result<Option<Answer>, RegistryError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let trouble = match self.get_once(path, url, accept) {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            let wait = wait_after(&trouble, attempt);
            let Some(wait) = wait.filter(|_| attempt < ATTEMPTS) else {
                return Err(self.error(trouble));
            };
            if !sleep(wait, &self.stop) {
                return Err(self.error(Trouble::Stopped));
            }
        }
    }

    fn get_once(
        &self,
        path: &str,
        url: &str,
        accept: Option<&str>,
    ) -> Result<Option<Answer>, Trouble> {
        let known = self.authorization.lock().ok().and_then(|known| known.clone());
        let known = known.filter(|(of, _)| of == path).map(|(_, header)| header);
        let mut answer = self.transport.get(url, accept, known.as_deref())?;
        if answer.status() == 401 {
            let header = self.authorize(path, &answer)?;
            answer = self.transport.get(url, accept, Some(&header))?;
            if answer.status() == 401 {
                return Err(self.refused());
            }
            if let Ok(mut known) = self.authorization.lock() {
                *known = Some((path.to_owned(), header));
            }
        }
        match answer.status() {
            200 => Ok(Some(answer)),
            404 => Ok(None),
            _ => Err(Trouble::of_answer(&answer)),
        }
    }

    /// Why a registry that wants credentials does not let us in.
    fn refused(&self) -> Trouble {
        if self.credential.is_some() { Trouble::WrongCredentials } else { Trouble::NoCredentials }
    }
}

#[derive(serde::Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

/// The path of `<…>; rel="next"`. Another host is not followed.
fn next_page(link: &str) -> Option<String> {
    let (url, relation) = link.split_once(';')?;
    let url = url.trim().strip_prefix('<')?.strip_suffix('>')?;
    let here = url.starts_with('/') && !url.starts_with("//");
    (here && relation.contains("next")).then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_pages_of_the_same_host() {
        let check = |link: &str, expected: Option<&str>| {
            assert_eq!(next_page(link).as_deref(), expected, "{link}");
        };
        check("</v2/a/tags/list?n=2&last=b>; rel=\"next\"", Some("/v2/a/tags/list?n=2&last=b"));
        check("<https://other.example.com/v2/>; rel=\"next\"", None);
        check("<//other.example.com/v2/>; rel=\"next\"", None);
        check("</v2/>; rel=\"prev\"", None);
        check("", None);
    }
}
