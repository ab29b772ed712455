//! Builds an image with the engine's BuildKit.

use super::{
    BuildEvent, ContainerEngine, EngineError, LONG_S,
    context::{Context, ContextError, send},
    error::is_connection,
    steps::Steps,
};
use crate::credentials::{Credential, credential};
use bollard::{
    auth::DockerCredentials,
    body_try_stream,
    errors::Error as Api,
    models::{BuildInfo, BuildInfoAux},
    query_parameters::{BuildImageOptionsBuilder, BuilderVersion},
};
use futures_util::StreamExt;
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    thread::JoinHandle,
    time::Duration,
};

const DURING: &str = "in the middle of the build";

/// What is built.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The files that are sent, with the Dockerfile.
    pub context: Context,
    /// The stage; `None` for the last.
    pub target: Option<String>,
    /// Build arguments.
    pub arguments: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Whether the cache is left aside.
    pub no_cache: bool,
    /// Whether base images are asked for anew.
    pub pull: bool,
    /// The network of the steps, such as `none` or `host`; `None` for the engine's own.
    pub network: Option<String>,
    /// The registries of the base images, `None` for Docker Hub.
    pub registries: Vec<Option<String>>,
    /// Docker's `config.json`, for their credentials.
    pub docker_config: Option<PathBuf>,
}

/// What was built. It has no tag yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The image's id.
    pub id: String,
}

impl ContainerEngine {
    /// Builds an image and tells `on_event` what happens. The image has no tag: give it one with
    /// [`ContainerEngine::tag`].
    ///
    /// # Errors
    /// Where a step fails, the files cannot be read, the engine dies, or the user stops it.
    pub fn build(
        &self,
        request: BuildRequest,
        on_event: &mut dyn FnMut(BuildEvent),
    ) -> Result<Built, EngineError> {
        self.runtime.block_on(self.build_now(request, on_event))
    }

    async fn build_now(
        &self,
        request: BuildRequest,
        on_event: &mut dyn FnMut(BuildEvent),
    ) -> Result<Built, EngineError> {
        let credentials = credentials(&request, on_event);
        let options = BuildImageOptionsBuilder::default()
            .dockerfile(&request.context.dockerfile)
            .target(request.target.as_deref().unwrap_or_default())
            .buildargs(&request.arguments.into_iter().collect::<HashMap<_, _>>())
            .labels(&request.labels.into_iter().collect::<HashMap<_, _>>())
            .nocache(request.no_cache)
            .version(BuilderVersion::BuilderBuildKit)
            .session(&session());
        let options = if request.pull { options.pull("1") } else { options };
        let options = match &request.network {
            Some(network) => options.networkmode(network),
            None => options,
        };
        let (mut pieces, thread) = send(request.context);
        let body = body_try_stream(futures_util::stream::poll_fn(move |cx| pieces.poll_recv(cx)));
        let docker = self.docker.clone().with_timeout(Duration::from_secs(LONG_S));
        let mut stream = docker.build_image(options.build(), Some(credentials), Some(body));
        let mut steps = Steps::default();
        let mut id = None;
        loop {
            let Some(next) = self.unless_stopped(stream.next()).await else {
                return Err(EngineError::Stopped(DURING));
            };
            match next {
                None => break,
                Some(Ok(BuildInfo { aux: Some(BuildInfoAux::BuildKit(status)), .. })) => {
                    steps.read(status).into_iter().for_each(&mut *on_event);
                }
                Some(Ok(BuildInfo { aux: Some(BuildInfoAux::Default(image)), .. })) => {
                    id = image.id
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    drop(stream);
                    return Err(self.build_failed(&error, thread).await);
                }
            }
        }
        drop(stream);
        joined(thread)?;
        match id {
            Some(id) => Ok(Built { id }),
            None if self.answers().await => {
                Err(EngineError::Build("the engine ended it without saying why".to_owned()))
            }
            None => Err(EngineError::Gone { during: DURING }),
        }
    }

    /// Who is to blame: the files, the engine, or a step.
    async fn build_failed(
        &self,
        error: &Api,
        thread: JoinHandle<Result<(), ContextError>>,
    ) -> EngineError {
        if let Err(context) = joined(thread) {
            return context;
        }
        // An engine that is ended politely says that the build was cancelled, and is gone.
        if is_connection(error) || !self.answers().await {
            return EngineError::Gone { during: DURING };
        }
        match error {
            Api::DockerStreamError { error }
            | Api::DockerResponseServerError { message: error, .. } => {
                EngineError::Build(without_prefix(error).to_owned())
            }
            other => self.error(other, DURING),
        }
    }
}

fn joined(thread: JoinHandle<Result<(), ContextError>>) -> Result<(), EngineError> {
    match thread.join() {
        Ok(written) => Ok(written?),
        Err(_) => Err(EngineError::Build("the files could not be sent".to_owned())),
    }
}

/// BuildKit's own words stand behind where it heard them.
fn without_prefix(error: &str) -> &str {
    let error = error.trim();
    let rest = error.strip_prefix("failed to solve with frontend dockerfile.v0: ").unwrap_or(error);
    let rest = rest.strip_prefix("failed to solve: ").unwrap_or(rest);
    rest.strip_prefix("rpc error: code = Unknown desc = ").unwrap_or(rest)
}

/// A name that no other build of this engine has.
fn session() -> String {
    let now = jiff::Timestamp::now().as_nanosecond();
    format!("altlas-{}-{now}", std::process::id())
}

/// The credentials for base images. One that cannot be read is told, and the build goes on: most base
/// images need none.
fn credentials(
    request: &BuildRequest,
    on_event: &mut dyn FnMut(BuildEvent),
) -> HashMap<String, DockerCredentials> {
    let mut found = HashMap::new();
    let Some(config) = &request.docker_config else { return found };
    for registry in &request.registries {
        match credential(config, registry.as_deref()) {
            Ok(Some(credential)) => {
                let host = registry.clone().unwrap_or_else(|| "registry-1.docker.io".to_owned());
                found.insert(host.clone(), for_engine(&credential, &host));
            }
            Ok(None) => {}
            Err(error) => on_event(BuildEvent::Warning(error.to_string())),
        }
    }
    found
}

/// A credential as the engine wants it.
pub(super) fn for_engine(credential: &Credential, server: &str) -> DockerCredentials {
    let serveraddress = Some(server.to_owned());
    match credential.clone() {
        Credential::Password { user, password } => DockerCredentials {
            username: Some(user),
            password: Some(password),
            serveraddress,
            ..DockerCredentials::default()
        },
        Credential::IdentityToken(token) => DockerCredentials {
            identitytoken: Some(token),
            serveraddress,
            ..DockerCredentials::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_buildkit_means() {
        let check = |words: &str, expected: &str| assert_eq!(without_prefix(words), expected);
        check(
            "failed to solve with frontend dockerfile.v0: failed to read dockerfile: open x",
            "failed to read dockerfile: open x",
        );
        check(
            "failed to solve: rpc error: code = Unknown desc = executor failed",
            "executor failed",
        );
        check("other", "other");
    }
}
