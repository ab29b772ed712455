//! Which Docker Engine is meant: by option, by environment, or by Docker's context.

use serde::Deserialize;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Where the engine of a plain installation listens.
const DEFAULT: &str = "unix:///var/run/docker.sock";

/// What the environment says about the engine. The program hands it in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineVariables {
    /// `DOCKER_HOST`.
    pub host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub context: Option<String>,
    /// Whether `DOCKER_TLS_VERIFY` is set.
    pub tls: bool,
    /// `DOCKER_CERT_PATH`.
    pub certificates: Option<PathBuf>,
    /// The folder of Docker's `config.json`: `DOCKER_CONFIG`, or `.docker` in the home folder.
    pub config: Option<PathBuf>,
}

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineHost {
    /// A socket of this machine.
    Unix(PathBuf),
    /// A port, spoken to in the clear.
    Tcp(String),
    /// A port behind TLS.
    Tls {
        /// Host and port.
        address: String,
        /// The folder with `ca.pem`, `cert.pem` and `key.pem`.
        certificates: PathBuf,
    },
}

/// Why it is not known which engine is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// A kind of address that is not spoken here.
    #[error(
        "`{0}` is not an address that altlas speaks to: `unix://…` and `tcp://…` are; \
         for `ssh://` forward the socket (`ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST`) \
         and give `--host unix:///tmp/docker.sock`"
    )]
    Scheme(String),
    /// The context is not there, or is damaged.
    #[error("the Docker context `{name}` cannot be read from `{}`; `docker context ls` shows which there are", path.display())]
    Context {
        /// Its name.
        name: String,
        /// Its file.
        path: PathBuf,
    },
    /// TLS is asked for and no certificates are named.
    #[error(
        "`{0}` is asked over TLS; say in `DOCKER_CERT_PATH` where `ca.pem`, `cert.pem` and `key.pem` are"
    )]
    Certificates(String),
}

impl fmt::Display for EngineHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(address) | Self::Tls { address, .. } => write!(f, "tcp://{address}"),
        }
    }
}

impl EngineHost {
    /// The engine that is meant: `given` on the command line, then `DOCKER_HOST`, then the context, then
    /// the socket of a plain installation. This is Docker's own order.
    ///
    /// # Errors
    /// Where an address is of another kind, or a context cannot be read.
    pub fn find(given: Option<&str>, variables: &EngineVariables) -> Result<Self, HostError> {
        let variable = variables.host.as_deref().filter(|host| !host.is_empty());
        if let Some(host) = given.or(variable) {
            let certificates = variables
                .tls
                .then(|| variables.certificates.clone().or_else(|| variables.config.clone()));
            return parse(host, certificates);
        }
        let folder = variables.config.as_deref();
        let named = variables.context.clone().filter(|name| !name.is_empty());
        match named.or_else(|| folder.and_then(current)) {
            Some(name) if name != "default" => of_context(&name, folder),
            _ => parse(DEFAULT, None),
        }
    }

    /// Whether it runs on this machine, so that it sees this machine's files.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Unix(_))
    }
}

/// `Some(None)` for certificates: TLS is asked for, and nobody says where they are.
fn parse(host: &str, certificates: Option<Option<PathBuf>>) -> Result<EngineHost, HostError> {
    if let Some(path) = host.strip_prefix("unix://") {
        return Ok(EngineHost::Unix(PathBuf::from(path)));
    }
    let tcp = host.strip_prefix("tcp://").or_else(|| host.strip_prefix("http://"));
    let secure = host.strip_prefix("https://");
    let Some(address) = tcp.or(secure) else {
        return Err(HostError::Scheme(host.to_owned()));
    };
    let address = address.trim_end_matches('/').to_owned();
    match certificates {
        Some(Some(certificates)) => Ok(EngineHost::Tls { address, certificates }),
        Some(None) => Err(HostError::Certificates(host.to_owned())),
        None if secure.is_some() => Err(HostError::Certificates(host.to_owned())),
        None => Ok(EngineHost::Tcp(address)),
    }
}

/// The context that `docker context use` chose.
fn current(folder: &Path) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Config {
        current_context: Option<String>,
    }
    let bytes = std::fs::read(folder.join("config.json")).ok()?;
    serde_json::from_slice::<Config>(&bytes).ok()?.current_context.filter(|name| !name.is_empty())
}

fn of_context(name: &str, folder: Option<&Path>) -> Result<EngineHost, HostError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Meta {
        endpoints: Endpoints,
    }
    #[derive(Deserialize)]
    struct Endpoints {
        docker: Endpoint,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Endpoint {
        host: String,
    }
    // Docker names the folders by the digest of the context's name.
    let digest = crate::digest::sha256(name.as_bytes());
    let id = digest.trim_start_matches("sha256:");
    let contexts = folder.unwrap_or_else(|| Path::new("")).join("contexts");
    let path = contexts.join("meta").join(id).join("meta.json");
    let meta = std::fs::read(&path).ok();
    let meta: Option<Meta> = meta.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(meta) = meta else {
        return Err(HostError::Context { name: name.to_owned(), path });
    };
    let certificates = contexts.join("tls").join(id).join("docker");
    parse(&meta.endpoints.docker.host, certificates.is_dir().then_some(Some(certificates)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_engine_in_dockers_order() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let id = crate::digest::sha256(b"lab").replace("sha256:", "");
        write("config.json", r#"{"currentContext": "lab"}"#);
        write(
            &format!("contexts/meta/{id}/meta.json"),
            r#"{"Name": "lab", "Endpoints": {"docker": {"Host": "tcp://lab:2375"}}}"#,
        );
        let empty = EngineVariables::default();
        let with_config =
            EngineVariables { config: Some(folder.path().to_owned()), ..empty.clone() };
        let host =
            |text: &str| EngineVariables { host: Some(text.to_owned()), ..with_config.clone() };
        let check = |given: Option<&str>, variables: &EngineVariables, expected: &str| {
            let got = EngineHost::find(given, variables);
            let text = got.map_or_else(|error| error.to_string(), |host| host.to_string());
            assert!(text.contains(expected), "{text}");
        };
        check(None, &empty, DEFAULT);
        check(None, &with_config, "tcp://lab:2375");
        check(None, &host("unix:///a.sock"), "unix:///a.sock");
        check(Some("unix:///b.sock"), &host("unix:///a.sock"), "unix:///b.sock");
        check(Some("ssh://user@host"), &empty, "forward the socket");
        check(Some("https://host:2376"), &empty, "DOCKER_CERT_PATH");
        let unknown =
            EngineVariables { context: Some("nowhere".to_owned()), ..with_config.clone() };
        check(None, &unknown, "`nowhere` cannot be read");
        let plain = EngineVariables { context: Some("default".to_owned()), ..with_config.clone() };
        check(None, &plain, DEFAULT);
        let tls = EngineVariables { tls: true, ..host("tcp://h:2376") };
        assert_eq!(
            EngineHost::find(None, &tls),
            Ok(EngineHost::Tls {
                address: "h:2376".to_owned(),
                certificates: folder.path().to_owned()
            })
        );
    }
}
