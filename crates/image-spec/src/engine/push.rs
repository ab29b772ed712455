//! Pushes an image: never over another one, again where the fault passes, and only believed when the
//! registry has it.

use super::{
    ContainerEngine, EngineError, LONG_S, LocalImage, build::for_engine, digest_in,
    error::is_connection,
};
use crate::{
    Reference,
    registry::{ATTEMPTS, Manifest, RegistryClient, RegistryError, Trouble, wait_after},
};
use bollard::{
    BollardRequest, Docker, errors::Error as Api, query_parameters::PushImageOptionsBuilder,
};
use futures_util::StreamExt;
use std::{fs::File, path::Path, time::Duration};

const DURING: &str = "in the middle of the push";

/// The engine says how far it is all the time; after such a silence a registry hangs.
const SILENCE: Duration = Duration::from_secs(300);

/// Something that happened in a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushEvent {
    /// What the engine says it does.
    Said(String),
    /// It failed and is tried again after a wait.
    Again {
        /// Why.
        why: String,
        /// After how long.
        wait: Duration,
    },
    /// Another push of the same tag is under way on this machine.
    Waiting,
}

/// What a registry has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The tag.
    pub reference: Reference,
    /// The digest of its manifest, as the registry says it.
    pub digest: String,
    /// Whether it was there before.
    pub already_there: bool,
    /// How often it was tried.
    pub attempts: u32,
}

impl ContainerEngine {
    /// Pushes `image` as `reference`. `locks` is a folder for files that keep two pushes of one tag on
    /// this machine apart.
    ///
    /// # Errors
    /// Where the tag names another image already, the registry or the engine fails for good, or the
    /// registry has something else afterwards.
    pub fn push(
        &self,
        image: &LocalImage,
        reference: &Reference,
        client: &RegistryClient,
        locks: Option<&Path>,
        on_event: &mut dyn FnMut(PushEvent),
    ) -> Result<Pushed, EngineError> {
        let _lock = locks.map(|folder| self.lock(folder, reference, on_event)).transpose()?;
        let tag = reference.tag.as_deref().unwrap_or("latest");
        if let Some(there) = client.manifest(&reference.path, tag)? {
            return already(image, reference, &there);
        }
        self.tag(&image.id, reference)?;
        let (digest, attempts) = self.push_until_done(reference, tag, client, on_event)?;
        let there = client.manifest(&reference.path, tag)?;
        let ours = |there: &Manifest| {
            digest.as_ref().is_none_or(|digest| *digest == there.digest)
                && there.is_image(&image.id)
        };
        match there {
            Some(there) if ours(&there) => Ok(Pushed {
                reference: reference.clone(),
                digest: there.digest,
                already_there: false,
                attempts,
            }),
            there => Err(EngineError::NotWhatWasPushed {
                reference: reference.to_string(),
                pushed: digest.unwrap_or_else(|| image.id.clone()),
                there: there.map_or_else(|| "nothing".to_owned(), |there| there.digest),
            }),
        }
    }

    fn push_until_done(
        &self,
        reference: &Reference,
        tag: &str,
        client: &RegistryClient,
        on_event: &mut dyn FnMut(PushEvent),
    ) -> Result<(Option<String>, u32), EngineError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let pushing = self.push_once(reference, tag, client, on_event);
            let (mut trouble, tried_by_engine) = match self.runtime.block_on(pushing)? {
                Ok(digest) => return Ok((digest, attempt)),
                Err(trouble) => trouble,
            };
            // The engine does not say how long the registry wants to be left alone.
            if trouble == Trouble::TooManyRequests(None)
                && let Some(asked) = client.trouble_now(&reference.path, tag)
            {
                trouble = asked;
            }
            // The engine tries several times to send a layer; that is often enough.
            let wait = wait_after(&trouble, attempt).filter(|_| !tried_by_engine);
            let name = reference.registry.as_deref().unwrap_or("docker.io");
            let error = RegistryError::new(name, trouble);
            let Some(wait) = wait.filter(|_| attempt < ATTEMPTS) else { return Err(error.into()) };
            on_event(PushEvent::Again { why: error.to_string(), wait });
            if !crate::registry::sleep(wait, &self.stop) {
                return Err(EngineError::Stopped(DURING));
            }
        }
    }

    /// The outer error ends it; the inner one is the registry's, with whether the engine itself tried
    /// again.
    async fn push_once(
        &self,
        reference: &Reference,
        tag: &str,
        client: &RegistryClient,
        on_event: &mut dyn FnMut(PushEvent),
    ) -> Result<Result<Option<String>, (Trouble, bool)>, EngineError> {
        let name = Reference { tag: None, digest: None, ..reference.clone() }.to_string();
        let server = reference.registry.as_deref().unwrap_or("https://index.docker.io/v1/");
        let credentials = client.credential().map(|credential| for_engine(credential, server));
        let docker = with_url_safe_credentials(&self.docker);
        let options = PushImageOptionsBuilder::default().tag(tag).build();
        let mut stream = std::pin::pin!(docker.push_image(&name, Some(options), credentials));
        let mut digest = None;
        let mut told = String::new();
        let mut tried_again = false;
        loop {
            let next = tokio::time::timeout(SILENCE, self.unless_stopped(stream.next())).await;
            let Ok(next) = next else { return Ok(Err((Trouble::Late, true))) };
            match next.ok_or(EngineError::Stopped(DURING))? {
                None => return Ok(Ok(digest)),
                Some(Ok(info)) => {
                    let status = info.status.unwrap_or_default();
                    digest = digest_in(&status).or(digest);
                    tried_again |= status.starts_with("Retrying in");
                    if !status.is_empty() && status != told {
                        on_event(PushEvent::Said(status.clone()));
                        told = status;
                    }
                }
                Some(Err(
                    Api::DockerStreamError { error: words }
                    | Api::DockerResponseServerError { message: words, .. },
                )) => return Ok(Err((Trouble::of_engine(&words), tried_again))),
                Some(Err(error)) if is_connection(&error) => {
                    return Err(EngineError::Gone { during: DURING });
                }
                Some(Err(error)) => return Err(self.error(&error, DURING)),
            }
        }
    }

    /// Waits until no other push of this tag is under way on this machine. Registries have no way to
    /// push only where nothing is.
    fn lock(
        &self,
        folder: &Path,
        reference: &Reference,
        on_event: &mut dyn FnMut(PushEvent),
    ) -> Result<File, EngineError> {
        let name = crate::digest::sha256(reference.to_string().as_bytes()).replace(':', "-");
        let failed = |error: std::io::Error| EngineError::Says {
            doing: "before the push",
            message: format!("`{}` cannot be written: {error}", folder.display()),
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(name))
            .map_err(failed)?;
        let mut told = false;
        while file.try_lock().is_err() {
            if !told {
                on_event(PushEvent::Waiting);
                told = true;
            }
            if !crate::registry::sleep(Duration::from_millis(100), &self.stop) {
                return Err(EngineError::Stopped(DURING));
            }
        }
        Ok(file)
    }
}

/// A tag that is there already is fine where it names this image.
fn already(
    image: &LocalImage,
    reference: &Reference,
    there: &Manifest,
) -> Result<Pushed, EngineError> {
    let known = image.repo_digests.iter().any(|digest| digest.ends_with(&there.digest));
    if known || there.is_image(&image.id) {
        return Ok(Pushed {
            reference: reference.clone(),
            digest: there.digest.clone(),
            already_there: true,
            attempts: 0,
        });
    }
    Err(EngineError::TagTaken { reference: reference.to_string(), there: there.digest.clone() })
}

/// The client writes credentials in the alphabet of standard base64 and the engine reads the one for
/// URLs, so that passwords with `+` or `/` in their encoding fail. The two differ in these signs alone.
fn with_url_safe_credentials(docker: &Docker) -> Docker {
    let docker = docker.clone().with_timeout(Duration::from_secs(LONG_S));
    docker.with_request_modifier(|mut request: BollardRequest| {
        let written =
            request.headers().get("x-registry-auth").and_then(|value| value.to_str().ok());
        let safe = written.map(|text| text.replace('+', "-").replace('/', "_"));
        if let Some(value) = safe.and_then(|text| text.parse().ok()) {
            request.headers_mut().insert("x-registry-auth", value);
        }
        request
    })
}
