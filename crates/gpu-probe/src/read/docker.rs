//! Asks the Docker Engine what it is.
//!
//! Only where a socket is there is a client built at all: a machine without Docker must not pay
//! for it.

use super::root::Root;
use crate::{DockerEngine, DockerRefusal, Environment, Reading};
use bollard::{API_DEFAULT_VERSION, Docker, models::SystemInfo};
use std::{error::Error, io, path::Path, time::Duration};

/// How long the engine may take to answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// What came of asking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) engine: Reading<DockerEngine>,
    pub(crate) refused: Reading<DockerRefusal>,
    /// The folder in which the engine keeps its data, where it answered.
    pub(crate) data_folder: Option<String>,
}

/// Asks the sockets in the order in which a client would come to them, until one answers.
pub(crate) fn read(root: &Root, environment: &Environment) -> Asked {
    let mut asked = Asked { engine: Reading::Absent, refused: Reading::Absent, data_folder: None };
    let sockets = match sockets(environment, rustix::process::geteuid().as_raw()) {
        Ok(sockets) => sockets,
        Err(reason) => return Asked { engine: Reading::Unknown(reason), ..asked },
    };
    for socket in &sockets {
        let answer = match root.canonical(socket) {
            Reading::Found(real) => ask(&root.path(real)),
            Reading::Absent => continue,
            Reading::Unknown(reason) => Err(Failure { refused: None, reason }),
        };
        match answer {
            Ok(info) => {
                asked.engine = Reading::Found(docker_engine(socket, &info));
                asked.data_folder = info.docker_root_dir;
                return asked;
            }
            Err(failure) => note(&mut asked, socket, failure),
        }
    }
    asked
}

/// The sockets to ask: that of `DOCKER_HOST`, or the system's and then the user's own.
fn sockets(environment: &Environment, uid: u32) -> Result<Vec<String>, String> {
    match environment.get("DOCKER_HOST").map(str::trim).filter(|host| !host.is_empty()) {
        Some(host) => docker_host(host).map(|socket| vec![socket]),
        None => Ok(vec!["/var/run/docker.sock".to_owned(), format!("/run/user/{uid}/docker.sock")]),
    }
}

/// The socket that `DOCKER_HOST` names; the reason where it is none of this machine.
pub(super) fn docker_host(host: &str) -> Result<String, String> {
    if let Some(path) = host.strip_prefix("unix://") {
        let path = if path.is_empty() { "/var/run/docker.sock" } else { path };
        return Ok(path.to_owned());
    }
    if Path::new(host).is_absolute() {
        return Ok(host.to_owned());
    }
    // The rest may hold a user name or a password.
    let scheme = host.split_once("://").map_or("", |(scheme, _)| scheme);
    Err(format!(
        "`DOCKER_HOST` starts with `{scheme}://`: only a `unix://` socket of this machine is asked"
    ))
}

/// Why the engine gave no answer.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    /// The name of the `errno`, where the socket refused the connection.
    refused: Option<&'static str>,
    reason: String,
}

fn note(asked: &mut Asked, socket: &str, failure: Failure) {
    if asked.engine.is_absent() {
        asked.engine = Reading::Unknown(format!("`{socket}`: {}", failure.reason));
    }
    if let (Some(errno), true) = (failure.refused, asked.refused.is_absent()) {
        asked.refused =
            Reading::Found(DockerRefusal { socket: socket.to_owned(), reason: errno.to_owned() });
    }
}

fn ask(socket: &Path) -> Result<SystemInfo, Failure> {
    let other = |reason: String| Failure { refused: None, reason };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| other(error.to_string()))?;
    let answer = runtime
        .block_on(async { tokio::time::timeout(DEADLINE, info(&socket.to_string_lossy())).await });
    match answer {
        Ok(answer) => answer.map_err(|error| failure(&error)),
        Err(_) => Err(other(format!("no answer in {} s", DEADLINE.as_secs()))),
    }
}

async fn info(socket: &str) -> Result<SystemInfo, bollard::errors::Error> {
    // Our own deadline is for both calls together, so the client's must not come first.
    let longer = 2 * DEADLINE.as_secs();
    let docker = Docker::connect_with_unix(socket, longer, API_DEFAULT_VERSION)?;
    docker.negotiate_version().await?.info().await
}

fn failure(error: &bollard::errors::Error) -> Failure {
    let cause = io_error(error);
    let refused = match cause.map(io::Error::kind) {
        Some(io::ErrorKind::PermissionDenied) => Some("EACCES"),
        Some(io::ErrorKind::ConnectionRefused) => Some("ECONNREFUSED"),
        _ => None,
    };
    Failure { refused, reason: cause.map_or_else(|| error.to_string(), io::Error::to_string) }
}

/// The system's own error at the bottom of a chain.
fn io_error<'error>(error: &'error (dyn Error + 'static)) -> Option<&'error io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<io::Error>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// Makes facts of what the engine says.
pub(super) fn docker_engine(socket: &str, info: &SystemInfo) -> DockerEngine {
    let mut runtimes: Vec<String> =
        info.runtimes.iter().flatten().map(|(name, _)| name.clone()).collect();
    runtimes.sort();
    let is_rootless = |option: &String| option.split(',').any(|part| part == "name=rootless");
    DockerEngine {
        socket: socket.to_owned(),
        version: info.server_version.clone().unwrap_or_default(),
        runtimes,
        default_runtime: info.default_runtime.clone().unwrap_or_default(),
        cdi_folders: info.cdi_spec_dirs.clone().unwrap_or_default(),
        cgroup_driver: info.cgroup_driver.map(|driver| driver.to_string()).unwrap_or_default(),
        rootless: info.security_options.iter().flatten().any(is_rootless),
    }
}

#[cfg(test)]
mod tests;
